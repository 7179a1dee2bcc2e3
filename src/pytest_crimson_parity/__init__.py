"""The pytest plugin of the parity loop."""
