"""Traces of Crimsonland runs: record, read, compare and explain them."""
