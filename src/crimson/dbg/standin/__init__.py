"""The stand-in: a program that plays a memory tape where the game is absent, so that the real agent has a target."""
