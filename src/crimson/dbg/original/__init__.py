"""The original's process: what is known of its memory, and how a capture session reads it."""
