"""What it takes until one plays: bytes over the wire, and seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from tests.e2e.browser import Window

PLAYABLE: Final = """() => {
  const look = () => {
    const { client, view } = window.gameserver ?? {};
    if (client?.state === "playing" && view?.ownTank?.exists) window.playableMs = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""


@attrs.frozen
class Loading:
    """`files`: what was loaded over HTTP, by path, in bytes on the wire, heads included; `playable_ms` since the navigation."""

    files: dict[str, int]
    playable_ms: float

    @property
    def bytes(self) -> int:
        return sum(self.files.values())


def loading(window: Window, path: str) -> Loading:
    """Open the page with nothing in the cache, and wait until there is a tank to drive."""
    session = window.context.new_cdp_session(window.page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    files: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))

    def finished(event: dict[str, float]) -> None:
        url = urls[str(event["requestId"])].removeprefix(window.origin)
        files[url] = files.get(url, 0) + int(event["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    window.page.add_init_script(f"({PLAYABLE})()")
    window.open(path)
    playable = window.until("() => window.playableMs", what="a tank to drive")
    window.page.wait_for_load_state("networkidle")
    session.detach()
    return Loading(files, playable)
