"""The browser's client in Chromium, on pages of its own: those of docs/browser-client.md, and one whose line is cut."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e import ROOT
from tests.e2e.browser import Window
from tests.e2e.link import running_link
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, Route

    from tests.e2e.browser import Chromium
    from tests.e2e.server import Server

pytestmark = pytest.mark.real_time

DOCUMENT: Final = (ROOT / "docs" / "browser-client.md").read_text()
(HTML,) = re.findall(r"```html\n(.*?)```", DOCUMENT, re.S)
BLOCKS: Final = re.findall(r"```js\n(.*?)```", DOCUMENT, re.S)
TEN_LINES: Final = BLOCKS[0]
(PREDICTION,) = (block for block in BLOCKS if "new Predictor" in block)
(RECORDING,) = re.findall(r"```js recording\n(.*?)```", DOCUMENT, re.S)
PONG: Final = ROOT / "tests" / "vectors" / "recording" / "pong.trpl"
PAINTED: Final = """() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [count, where] = [0, 0];
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) (count++, (where = (where * 31 + at) % 1000003));
  return { count, where };
}"""
SEAT: Final = """
import { Client } from "/client/src/index.js";
const memory = {
  load: () => JSON.parse(sessionStorage.getItem("seat")),
  save: (seat) => sessionStorage.setItem("seat", JSON.stringify(seat)),
  clear: () => sessionStorage.removeItem("seat"),
};
const client = new Client({ url: "/ws/race1", game: "race", name: "ann", memory });
const seen = { client, states: [], events: [], sessions: 0, frames: 0 };
client.on("state", (state) => seen.states.push(state));
client.on("event", ({ name, sequence, values }) => seen.events.push([sequence, name, values.text ?? values.line ?? ""]));
client.on("session", () => seen.sessions++);
client.sampler = () => ({ move: 1 });
window.seen = seen;
await client.connect();
requestAnimationFrame(function draw(nowMs) {
  client.frame(nowMs);
  seen.frames++;
  requestAnimationFrame(draw);
});
"""


SEEK_MS: Final = 300.0
"""A page shows what is sought within so long. Other things that run take the processor from one seek or another, not from most."""
SEEK_ALL: Final = """async (ticks) => {
  const found = [];
  seen.player.pause();
  for (const tick of ticks) {
    const begin = performance.now();
    seen.player.seek(tick);
    do await new Promise(requestAnimationFrame);
    while (seen.player.picture.tick !== tick);
    const took = performance.now() - begin;
    const world = await seen.recording.worldAt(tick);
    found.push([took, world.parts.get(0).rows.get(1)?.values ?? null]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    race = Path(__file__).parent / "runner.py"
    with running_server(tmp_path_factory.mktemp("server"), "--game", "arena", "--game", str(race), "--bots", "4") as server:
        yield server


def put(page: Page, program: str) -> None:
    """Where this server has its lobby stands the document's page from now on, with this program.

    All else is as it is served: a page that comes from nowhere would not be allowed to connect.
    """

    def script(body: str) -> Callable[[Route], None]:
        return lambda route: route.fulfill(body=body, content_type="text/javascript")

    page.route("**/client/pages/**/*.js", script(""))
    page.route("**/client/arena/*.js", script(""))
    page.route("**/page.js", script(program))


def show(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate(
        """(html) => {
          const { body } = new DOMParser().parseFromString(html, "text/html");
          document.body.replaceChildren(...body.querySelectorAll("canvas"));
          for (const { type, src } of body.querySelectorAll("script"))
            document.body.append(Object.assign(document.createElement("script"), { type, src: new URL(src).pathname }));
        }""",
        HTML,
    )


def test_ten_lines_draw_a_room_that_they_know_nothing_of(chromium: Chromium, server: Server) -> None:
    assert len(TEN_LINES.strip().splitlines()) <= 10
    with chromium.window(server.origin) as window:
        window.expect("willReadFrequently")  # this test reads what they draw
        put(window.page, TEN_LINES)
        show(window.page, server.origin)
        first = window.until(f"() => {{ const seen = ({PAINTED})(); return seen.count > 4 * 24 * 24 / 2 && seen }}")
        window.until(f"(first) => ({PAINTED})().where !== first", first["where"], what="they move")
        window.screenshot("ten-lines")


def test_everything_that_the_document_shows_runs(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        said: list[str] = []
        window.page.on("console", lambda message: said.append(message.text))
        put(window.page, "\n".join([*BLOCKS, "await again.connect();", "window.seen = { client, again };"]))
        show(window.page, server.origin)
        window.until("() => window.seen")
        tank = "() => seen.client.world.all('Tank').find(({ values }) => values.owner === seen.client.player)?.values"
        before = window.until(tank)
        window.page.keyboard.down("KeyW")
        window.until(
            f"([x, y]) => {{ const tank = ({tank})(); return tank && (tank.x !== x || tank.y !== y) }}", [before["x"], before["y"]]
        )
        window.until("() => seen.client.stats.receipt !== null && seen.client.stats.pingMs > 150", what="the worse line")
        receipt = window.js("() => seen.client.stats.receipt")
        parts = [receipt[part] for part in ("uplinkMs", "waitMs", "tickMs", "downlinkMs")]
        assert sum(parts) == pytest.approx(receipt["totalMs"])
        assert window.js("() => JSON.parse(sessionStorage.getItem('seat')).player") == window.js("() => seen.again.player")
        assert any(re.fullmatch(r"player \d+ of arena, 30 ticks a second", line) for line in said), said
        while not any(line.startswith("Said came") for line in said):  # what the console has told comes a moment later
            window.page.wait_for_event("console")


def test_the_recording_of_the_document_is_played(chromium: Chromium, server: Server) -> None:
    meaning = json.loads(PONG.with_suffix(".json").read_text())
    program = RECORDING + "\nwindow.seen = { player, recording };"
    with chromium.window(server.origin) as window:
        window.expect("willReadFrequently")  # this test reads what it draws
        put(window.page, program)
        window.page.route("**/api/v1/recordings/NAME.trpl", lambda route: route.fulfill(body=PONG.read_bytes()))
        show(window.page, server.origin)
        first = window.until(f"() => {{ const painted = window.seen && ({PAINTED})(); return painted?.count > 0 && painted }}")
        window.until(f"(first) => ({PAINTED})().where !== first", first["where"], what="it moves")
        assert window.js("() => [seen.recording.first, seen.recording.last]") == meaning["view"]
        window.until("() => seen.player.seconds > 2", what="it goes on from where it was sought")
        ticks = [int(tick) for tick in meaning["worlds"]]
        took = window.js(SEEK_ALL, ticks)
        for tick, (_, ball) in zip(ticks, took, strict=True):
            assert ball == meaning["worlds"][str(tick)]["0"].get("1", [0, None])[1], tick
        assert median(milliseconds for milliseconds, _ in took) < SEEK_MS, took
        window.screenshot("recording")


def test_the_prediction_of_the_document_is_what_the_server_does(chromium: Chromium, server: Server) -> None:
    program = TEN_LINES.replace("arena1", "race2").replace('"arena"', '"race"') + PREDICTION
    program += "\nclient.sampler = (tick) => ({ move: [1, 1, 0, -1, 1][Math.floor(tick / 7) % 5] });"
    program += """
    window.seen = { client, predictor, drawnAt, right: 0 };
    let wrong = 0;
    client.on("snapshot", () => {
      seen.right = predictor.mispredicted === wrong ? seen.right + 1 : 0;
      wrong = predictor.mispredicted;
    });"""
    with chromium.window(server.origin) as window:
        put(window.page, program)
        show(window.page, server.origin)
        # An input that is late on a busy machine is predicted wrongly, and rightly so; a wrong step is wrong each seventh tick.
        window.until(
            """() => window.seen?.right > 45 && seen.predictor.compared > 90 && seen.predictor.tick > seen.client.world.tick
              && seen.drawnAt(performance.now()) === seen.predictor.state[0] / 16""",
            what="for 45 snapshots it is shown before the server has heard of it, and nothing is left to be smoothed",
        )


def test_a_cut_line_comes_back_to_its_seat_and_a_second_tab_wins(chromium: Chromium, server: Server) -> None:
    with running_link(server.port) as link, chromium.window(f"http://127.0.0.1:{link.port}") as window:
        window.expect("WebSocket connection to .* failed", "net::ERR_")
        put(window.page, SEAT)
        show(window.page, window.origin)
        window.until("() => window.seen?.frames > 10")
        player = window.js("() => seen.client.player")
        assert window.js("() => seen.client.call('chat', 'before', false)") is None
        x = "() => seen.client.world.all('Runner').find(({ values }) => values.owner === seen.client.player).values.x"
        window.until(f"() => ({x})() > 5", what="he runs")

        for number in range(3):
            # A call is under way when the line breaks: it is carried out once all the same.
            window.js(
                "(line) => { seen.answer = 'none'; seen.client.call('chat', line, false).then((it) => seen.answer = it) }",
                f"in cut {number}",
            )
            link.cut(refuse=number == 1)
            if number == 1:
                window.until("() => seen.client.state === 'lost'")
                window.page.wait_for_timeout(1_000)
                link.mend()
            window.until("(count) => seen.states.filter((state) => state === 'playing').length === count", number + 2)
            window.until("() => seen.answer === null")
        assert window.js("() => [seen.client.player, seen.sessions, seen.client.stats.losses]") == [player, 1, 3]
        before = window.js(x)
        window.until(f"(before) => ({x})() > before + 5", before, what="he runs on")
        window.until("() => seen.events.filter(([, name]) => name === 'Said').length >= 4")
        events = window.js("() => seen.events")
        assert [sequence for sequence, *_ in events] == list(range(1, len(events) + 1)), "each once, in order"
        said = [text for _, name, text in events if name == "Said"]
        assert said == ["before", "in cut 0", "in cut 1", "in cut 2"]

        show(window.page, window.origin)
        window.until("() => window.seen?.frames > 10")
        assert window.js("() => [seen.client.player, seen.sessions]") == [player, 1], "a reload finds the seat"
        seat = window.js("() => sessionStorage.getItem('seat')")

        second = window.context.new_page()
        put(second, SEAT)
        second.goto(window.origin)
        second.evaluate("(seat) => sessionStorage.setItem('seat', seat)", seat)  # as a tab that is duplicated has it
        show(second, window.origin)
        window.until("() => seen.client.state === 'ended'")
        assert window.js("() => [seen.client.notice.code, seen.states.at(-2)]") == [13, "playing"]
        other = Window(window.context, second, window.origin)
        other.until("() => window.seen?.frames > 10")
        second.wait_for_timeout(1_000)  # long enough for the first to take the seat back, if it were to
        assert second.evaluate("() => [seen.client.state, seen.client.player, seen.states]") == ["playing", player, ["playing"]]
        assert window.js("() => seen.client.state") == "ended"
