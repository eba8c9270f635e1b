"""For who develops a game, on his own machine: it shows what players must not see.

reload.py    a game is read again when its file changes      explain.py    what failed, in words
http.py      a room stopped, stepped, laid open              dump.py       its whole state, to read
lint.py      what in a file would make matches differ
"""
