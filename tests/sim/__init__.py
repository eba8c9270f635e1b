"""A whole server, its bots and a bad network in one process and in virtual time. `python -m tests.sim` runs it."""
