"""How this process computes: the C library's `math` functions decide the last bit of some floats of a recording."""

from __future__ import annotations

import hashlib
import math
import os
import struct

_VERSION = "CS_GNU_LIBC_VERSION"


def math_identity() -> str:
    """SHA-256 over results of what the runtime calls, and over the library's version where it tells one."""
    angles = [step * 0.0123456789 for step in range(-512, 512)]
    sizes = [1e-3 * 1.03125**step for step in range(512)]
    results = [
        *(function(angle) for function in (math.sin, math.cos, math.tan, math.exp) for angle in angles),
        *(function(size) for function in (math.sqrt, math.log, math.log2) for size in sizes),
        *(
            function(size, angle)
            for function in (math.atan2, math.hypot)
            for size, angle in zip(sizes, angles, strict=False)
        ),
        *(math.pow(size, angle) for size, angle in zip(sizes, angles, strict=False)),
    ]
    digest = hashlib.sha256(struct.pack(f"<{len(results)}d", *results))
    if hasattr(os, "confstr") and _VERSION in os.confstr_names:
        # Results differ for few arguments, so the version counts as well.
        digest.update((os.confstr(_VERSION) or "").encode())
    return digest.hexdigest()
