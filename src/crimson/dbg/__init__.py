"""The parity debug stack: typed traces of runs, and what can be found by comparing them."""
