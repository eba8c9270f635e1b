"""Golden matches: short recordings of each game, which must come out as they were. `python -m tests.golden` records them anew."""
