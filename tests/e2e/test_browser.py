"""The watched window notices what it is there to notice."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.browser import PATIENCE, POLL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.browser import Chromium, Window

pytestmark = pytest.mark.real_time

POLICY: Final = "default-src 'self'; connect-src *"
PAGES: Final = {
    "/": b"<!doctype html><title>fine</title><link rel=icon href=/icon.svg><p>hello <b>there</b></p><script src=/now.js></script>",
    "/now.js": b"document.title = 'ran'",
    "/icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}
SINS: Final = {
    "console.error('oh')": "error: oh",
    "console.warn('hm')": "warning: hm",
    "setTimeout(() => { throw new Error('late') })": "exception: late",
    "alert('look')": "dialog: look",
    "fetch('http://127.0.0.1:9/').catch(() => 0)": "leaves the server: http://127.0.0.1:9/",
    "new WebSocket('ws://127.0.0.1:9/')": "leaves the server: ws://127.0.0.1:9/",
    "document.body.append(Object.assign(new Image(), {src: 'data:image/gif;base64,R0lGODlhAQABAAAAACw='}))": "data:image",
    "document.body.append(Object.assign(document.createElement('script'), {textContent: '0'}))": "Content Security Policy",
    "fetch('/nowhere')": "404",
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path)
        self.send_response(404 if body is None else 200)
        kind = "text/javascript" if self.path.endswith(".js") else "image/svg+xml" if self.path.endswith(".svg") else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


def blamed(window: Window, until: str) -> str:
    """All that the window is blamed for, up to this: what the browser says of a page comes a moment after it has happened."""
    problems = ""
    end = time.monotonic() + PATIENCE
    while until not in problems:
        assert time.monotonic() < end, f"{until}: the window only says {problems!r}"
        window.page.wait_for_timeout(POLL_SECONDS * 1e3)
        try:
            window.check()
        except AssertionError as failure:
            problems += str(failure)
    return problems


@contextmanager
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_page_without_fault_is_none(chromium: Chromium) -> None:
    with site() as origin, chromium.window(origin, settings={"kept": "yes"}) as window:
        window.open("/")
        window.until("() => document.title === 'ran'")
        window.sees("there")
        assert window.js("() => localStorage.getItem('kept')") == "yes"
        assert f"{origin}/now.js" in window.requests
        with pytest.raises(AssertionError, match="what never comes"):
            window.until("() => false", seconds=0.1, what="what never comes")


def test_whatever_a_page_should_not_do_fails_the_test(chromium: Chromium) -> None:
    with site() as origin, chromium.window(origin) as window:
        window.open("/")
        window.until("() => document.title === 'ran'")
        window.check()
        for sin, said in SINS.items():
            window.js(f"() => {{ {sin} }}")
            blamed(window, said)
        window.check()


def test_what_a_test_provokes_is_no_problem(chromium: Chromium) -> None:
    with site() as origin, chromium.window(origin) as window:
        window.open("/")
        window.expect(r"^on purpose")
        window.js("() => { console.error('on purpose'); console.error('by accident'); }")
        assert "on purpose" not in blamed(window, "by accident")
