"""A window of the system's Chromium that a test drives, and that is watched all the time.

What a player's browser should never do is a failure of every test: an error or a warning in the console, an exception, a violation
of the content security policy, a dialog, a request to anywhere but the server.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.tools import require_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright._impl._api_structures import LocalStorageEntry
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, WebSocket

SCREENSHOTS: Final = Path(__file__).parents[2] / "screenshots"
PATIENCE: Final = 60.0
"""Seconds for something to appear, on a machine that has other things to do; where a time is promised the test measures it."""
POLL_SECONDS: Final = 0.02
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
PHONE_LANDSCAPE: Final = (844, 390)
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",  # as it is for a player: sound waits for the first gesture
)
LOST_LINE: Final = (
    r"WebSocket connection to 'ws://127\.0\.0\.1:\d+/ws/\w+' failed",
    r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|CONNECTION_CLOSED)",
)
"""What Chromium itself writes when a line breaks or a server is gone; a page cannot keep it from that."""
NO_TICKET: Final = r"the server responded with a status of (401|403|404|409) .*/join\)"
"""What Chromium itself writes when a page is given no ticket; the page says it in words."""
CHANGED_MIND: Final = "WebSocket is closed before the connection is established"
"""What Chromium itself writes when a page gives a line up that is still connecting, because somebody has typed another name or goes
on to another page. On a slow machine that is any test; it is no problem of any.
"""


class Window:
    """One page, alone in a context of its own: with storage of its own, as another person's browser.

    Attributes:
        page: Playwright's.
        origin: of the server, or of the link to it.
    """

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self.context = context
        self.page = page
        self.origin = origin
        self._problems: list[str] = []
        self._expected: list[str] = []
        self._requests: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._problems.append(f"exception: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("request", self._on_request)
        page.on("websocket", self._on_socket)
        page.on("crash", lambda _: self._problems.append("the page crashed"))

    # -- driving it

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path, wait_until="commit")

    def js(self, code: str, argument: Any = None) -> Any:  # noqa: ANN401 - whatever JSON can say
        """What an expression, or a function of the argument, says in the page."""
        return self.page.evaluate(code, argument)

    def until(self, code: str, argument: Any = None, *, seconds: float = PATIENCE, what: str = "") -> Any:  # noqa: ANN401
        """Ask again until the answer is truthy, and return it. (`wait_for_function` needs eval, which the policy forbids.)"""
        answer = self.within(seconds, code, argument)
        assert answer, f"{what or code}: not within {seconds:g} s (problems so far: {self._problems})"
        return answer

    def within(self, seconds: float, code: str, argument: Any = None) -> Any:  # noqa: ANN401 - whatever JSON can say
        """The same, but without a failure: the last answer, truthy or not."""
        end = time.monotonic() + seconds
        while not (answer := self._ask(code, argument)) and time.monotonic() < end:
            self.page.wait_for_timeout(POLL_SECONDS * 1e3)
        return answer

    def _ask(self, code: str, argument: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
        """The same as `js`, but None of a page that is just being left for another one."""
        try:
            return self.js(code, argument)
        except PlaywrightError as error:
            if "Execution context was destroyed" not in str(error):
                raise
            return None

    def sees(self, text: str | re.Pattern[str], *, seconds: float = PATIENCE) -> None:
        """Wait until this text can be read somewhere in the page."""
        self.page.get_by_text(text).filter(visible=True).first.wait_for(state="visible", timeout=seconds * 1e3)

    def fits(self) -> None:
        """Fail if the page is wider than the window: somebody's name, or line, has pushed it open."""
        wide: int = self.js("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"the page is {wide} px wider than the window"

    def screenshot(self, name: str) -> None:
        """For looking at it, in a folder that git ignores."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    # -- what it must not do

    def expect(self, *patterns: str) -> None:
        """From now on messages that match one of these are no problem: the test provokes them."""
        self._expected += patterns

    def check(self) -> None:
        """Fail for what has been seen to happen in this window that should not."""
        problems, self._problems = self._problems, []
        assert not problems, "\n".join(["in the browser:", *problems])

    @property
    def requests(self) -> list[str]:
        """The address of all that it has asked for."""
        return list(self._requests)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        text = f"{message.text} ({message.location.get('url', '')})"
        if CHANGED_MIND not in text and not any(re.search(pattern, text) for pattern in self._expected):
            self._problems.append(f"{message.type}: {text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        self._went_to(request.url)

    def _on_socket(self, line: WebSocket) -> None:
        self._went_to(line.url)

    def _went_to(self, url: str) -> None:
        self._requests.append(url)
        ours, parts = urlsplit(self.origin), urlsplit(url)
        if parts.scheme not in ("http", "ws") or parts.netloc != ours.netloc:
            self._problems.append(f"a request that leaves the server: {url[:200]}")


class Chromium:
    """The browser of a module's tests. Each window is another person's."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @contextmanager
    def window(
        self,
        origin: str,
        *,
        size: tuple[int, int] = DESKTOP,
        touch: bool = False,
        scheme: str = "dark",
        reduced_motion: bool = False,
        scale: float = 1.0,
        settings: dict[str, str] | None = None,
    ) -> Iterator[Window]:
        """A new person's window; at the end it is closed, and the test fails for whatever went wrong in it.

        `settings`: what the page finds in its localStorage.
        """
        stored: list[LocalStorageEntry] = [{"name": name, "value": value} for name, value in (settings or {}).items()]
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=touch,
            is_mobile=touch,
            device_scale_factor=scale,
            color_scheme="light" if scheme == "light" else "dark",
            reduced_motion="reduce" if reduced_motion else "no-preference",
            storage_state={"cookies": [], "origins": [{"origin": origin, "localStorage": stored}]} if stored else None,
        )
        context.set_default_timeout(PATIENCE * 1e3)
        try:
            window = Window(context, context.new_page(), origin)
            yield window
            window.check()
        finally:
            context.close()


@contextmanager
def running_chromium() -> Iterator[Chromium]:
    """The system's Chromium, without a head."""
    path = require_tool("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), timeout=2 * PATIENCE * 1e3)
        try:
            yield Chromium(browser)
        finally:
            browser.close()
