"""The Frida agent for the original, and what it and its host know of it: data files only."""
