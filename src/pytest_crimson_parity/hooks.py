"""The hooks that conftest.py files and plugins may implement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_crimson_parity.candidates import Candidate


@pytest.hookspec
def pytest_crimson_parity_candidates(config: pytest.Config) -> Sequence[Candidate]:
    """Candidates besides `python`, `zig` and those of `parity_candidates`, which `--parity=NAME` may choose.

    Called once in every process of a run with `--parity`. What a candidate must be able to do is said in
    `pytest_crimson_parity.candidates.Candidate`; `pytest_crimson_parity.command_candidate.CommandCandidate` is one.
    """
    raise NotImplementedError
