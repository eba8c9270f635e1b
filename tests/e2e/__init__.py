"""The whole, as a player has it: the system's Chromium, the pages, the SDK, and `gameserver serve` as a process of its own.

Playwright's synchronous interface drives the browser, so these tests are plain functions. `server.py` starts servers, `link.py` is
the bad line between the two, `browser.py` a window that fails its test for what a player's browser should never do.
"""
