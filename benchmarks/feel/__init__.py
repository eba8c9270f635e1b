"""How the game feels in a browser, in figures: the pages in the system's Chromium, a real server, and a bad line between them.

`python -m benchmarks.feel` measures all at full size and writes the table of docs/feel.md; tests/e2e/test_feel.py asks the same
questions briefly.

    page.py     bytes and seconds until one plays            drive.py    somebody at the keys, by a seed
    own.py      the own tank: how soon, how right            probe.js    what is read in the page
    others.py   all else: how evenly, also after a stall     storm.py    an arena in which two hundred things move
    frames.py   pictures a second, and what one costs        table.py    the rows, and the page that they stand in
"""
