"""The commands: what they print, how they end, and what they say to somebody who made a mistake."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gameserver import Game, Options, boolean, cli, integers, real, text, web
from gameserver.core.registry import Limit
from gameserver.games.arena import Arena
from gameserver.keys import Keyring, read_keys, rotate, write_new
from gameserver.library import load_game
from gameserver.maps import maps_folder
from gameserver.options import OptionError, parse_options
from gameserver.standing import Rank
from gameserver.tickets import read_ticket
from tests.helpers import Push

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


class Command:
    """Runs `gameserver …` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: str) -> int:
        """Its exit code; `out` and `err` have what it printed."""
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.out + self.err
        code = ended.value.code
        assert isinstance(code, int)
        return code


@pytest.fixture
def gameserver(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """In an empty folder, without variables of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GAMESERVER_")]:
        monkeypatch.delenv(name)
    live = web.open_site(live=True)
    monkeypatch.setattr(web, "open_site", lambda **_: live)  # nobody looks at the pages: they need no packing
    return Command(capsys)


def words(text: str) -> str:
    """Without the frames that the help is drawn in, and on one line."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


# -- wrong usage ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "fly"),
        (["serve", "--wings", "2"], "--wings"),
        (["serve", "--port", "eighty"], "eighty"),
        (["serve", "--port", "70000"], "65535"),
        (["serve", "--port", "-1"], "-1"),
        (["serve", "--bots", "9999"], "200"),
        (["serve", "--watch-delay", "-1"], "-1"),
        (["serve", "--drain", "-1"], "-1"),
        (["serve", "--drain", "inf"], "inf"),
        (["serve", "--watch-delay", "99999"], "3600"),
        (["serve", "--record", "off", "--data", f"{__file__}/x"], "x: nothing can be written there (Not a directory)"),
        (["serve", "--data", "off", "--record", __file__], "name another folder, or --record off to keep nothing"),
        (["serve", "--strength", "4"], "3"),
        (["serve", "--reload", "--port", "0"], "--reload is for a game in a file"),
        (["serve", "--dev", "--host", "0.0.0.0"], "leave --host out"),
        (["serve", "--dev", "--lan"], "leave --lan out"),
        (["serve", "--lan", "--host", "::"], "--lan listens on all addresses: leave --host out"),
        (["serve", "--room", "lobby"], "room 'lobby' is where people look for rooms: choose another name"),
        (["serve", "--option", "mode=football"], "'football' is none of map, all, teams, flags"),
        (["serve", "--map", "duel", "--option", "mode=flags"], "mode 'flags' cannot be played on duel.tmj: choose map, or one of"),
        (["serve", "extra"], "extra"),
        (["serve", "--game", "chess"], "there is no game 'chess': there are arena, fleet"),
        (["serve", "--game", "nowhere.py"], "nowhere.py: there is no such file"),
        (["serve", "--map", "atlantis"], "there is no such file; the maps by name are: "),
        (["serve", "--room", "Not A Room"], "'Not A Room' is no name of a room"),
        (["serve", "--room", "a", "--room", "a"], "room 'a' is named twice"),
        (["serve", "--option", "gravity=9"], "the options of arena are: mode, score_limit, time_limit, damage"),
        (["serve", "--option", "damage"], "write NAME=VALUE"),
        (["serve", "--option", "damage=much"], "'much' is no integer"),
        (["serve", "--option", "damage=1000"], "damage"),
        (["serve", "--open", "--host", "256.256.256.256", "--port", "0"], "cannot listen on 256.256.256.256:0"),
        (["serve", "--host", "0.0.0.0"], "others may reach 0.0.0.0: give --keys FILE"),
        (["serve", "--host", "192.168.1.5", "--port", "0"], "or --open, which lets in everybody"),
        (["serve", "--keys", "no_such_file"], "no_such_file: No such file or directory; `gameserver keys new no_such_file`"),
        (["serve", "--keys", "k", "--open"], "--open lets everybody in, and --keys only who has a ticket"),
        (["serve", "--keys", "k", "--lan"], "--lan lets everybody in, and --keys only who has a ticket"),
        (["serve", "--join", "tickets"], "--join tickets needs --keys"),
        (["serve", "--join", "friends"], "friends"),
        (["serve", "--origin", "play.example"], "--origin play.example: write it as https://play.example"),
        (["serve", "--origin", "https://play.example/"], "with nothing behind"),
        (["serve", "--allow-host", "https://play.example"], "write a name as it stands in the address of a page"),
        (["serve", "--proxy", "10.0.0.1/8"], "--proxy 10.0.0.1/8: write an address or a network"),
        (["ticket", "--room", "arena1"], "--keys"),
        (["ticket", "--keys", "no_such_file", "--room", "arena1"], "`gameserver keys new no_such_file` makes a key file"),
        (["keys", "rotate", "no_such_file"], "`gameserver keys new no_such_file` makes a key file"),
        (["bots", "--keys", "no_such_file"], "`gameserver keys new no_such_file` makes a key file"),
        (["bots", "--url", "http://127.0.0.1"], "write ws://HOST:PORT"),
        (["bots", "--url", "ws://127.0.0.1:99999"], "there is no port 99999"),
        (["bots", "--count", "0"], "1"),
        (["bots", "--game", "chess"], "there is no game 'chess'"),
        (["bots", "--seconds", "0", "--processes", "2"], "leave --processes out"),
        (["bots", "--seconds", "-1"], "-1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(gameserver: Command, arguments: list[str], said: str) -> None:
    assert gameserver(*arguments) == cli.USAGE
    assert said in words(gameserver.out + gameserver.err)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["bots", "--help"], ["maps", "check", "--help"], ["--version"]]
)
def test_help_ends_with_0(gameserver: Command, arguments: list[str]) -> None:
    assert gameserver(*arguments) == cli.OK
    assert gameserver.out


def test_limits_are_printed_for_people_and_for_programs(gameserver: Command) -> None:
    assert gameserver("serve", "--print-limits") == cli.OK
    assert (
        "max_message = 4,096 bytes\n    beyond: the line is closed with 1009\n    Bytes of a message to the server"
        in gameserver.out
    )
    assert gameserver("serve", "--print-limits", "--json") == cli.OK
    found = {limit["name"]: limit for limit in json.loads(gameserver.out)}
    assert found["max_message"]["amount"] == 4_096
    assert len(found) == len(Limit)


def test_limits_that_contradict_each_other_are_refused_at_the_start(gameserver: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limit.ACK_SECONDS, "amount", 20.0)
    assert gameserver("serve", "--port", "0") == cli.USAGE
    assert "ACK_SECONDS (20) is more than IDLE_SECONDS (15): who does not read would be told that he is idle" in gameserver.err


def test_a_variable_and_a_file_stand_in_for_an_option(gameserver: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gameserver.toml").write_text('[serve]\ngame = ["from_file"]\n')
    assert gameserver("serve") == cli.USAGE
    assert "from_file" in gameserver.err
    monkeypatch.setenv("GAMESERVER_GAME", "from_variable")
    assert gameserver("serve") == cli.USAGE
    assert "from_variable" in gameserver.err
    assert gameserver("serve", "--game", "from_flag") == cli.USAGE
    assert "from_flag" in gameserver.err


# -- tickets and keys --------------------------------------------------------------------------------------------------------
def test_a_ticket_is_signed_with_the_first_key(gameserver: Command, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    assert gameserver("keys", "new", str(path)) == cli.OK
    assert "keep it to yourself" in gameserver.err
    assert gameserver("keys", "new", str(path)) == cli.USAGE, "a file is never written over"
    asked = ("ticket", "--keys", str(path), "--room", "arena1", "--account", "a7", "--name", "zoë", "--role", "host")
    assert gameserver(*asked, "--json") == cli.OK
    said = json.loads(gameserver.out)
    ring = Keyring(read_keys(path))
    claims = read_ticket(said["ticket"], ring, now=time.time())
    assert (claims.room, claims.rank, claims.account, claims.name) == ("arena1", Rank.HOST, "a7", "zoë")
    assert (said["number"], said["expires_at"], said["key"]) == (claims.number, claims.expires_at, "k1")
    assert gameserver("keys", "rotate", str(path)) == cli.OK
    assert "Send SIGHUP" in gameserver.err
    ring.replace(read_keys(path))
    assert read_ticket(said["ticket"], ring, now=time.time()) == claims, "the key before is still alive"
    assert gameserver(*asked, "--seconds", "5") == cli.OK
    printed = gameserver.out.strip()
    assert read_ticket(printed, ring, now=time.time()).expires_at <= time.time() + 5
    assert gameserver("keys", "rotate", str(path)) == cli.OK
    assert "k1 is taken no more" in gameserver.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--room", "Arena"], "is no name of a room"),
        (["--room", "*"], "is for an admin: name the room"),
        (["--room", "a", "--role", "root"], "root"),
        (["--room", "a", "--seconds", "61"], "60"),
        (["--room", "a", "--account", " "], "an account is called by"),
        (["--room", "a", "--name", "a\u202eb"], "no name of a player"),
        (["--room", "a", "--account", 64 * "é", "--name", 24 * "é"], "shorten them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_ticket_that_cannot_be_is_not_signed(gameserver: Command, tmp_path: Path, arguments: list[str], said: str) -> None:
    path = tmp_path / "keys"
    write_new(path)
    assert gameserver("ticket", "--keys", str(path), *arguments) == cli.USAGE
    assert said in words(gameserver.out + gameserver.err)


def test_keys_that_others_may_read_keep_the_server_from_starting(gameserver: Command, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write_new(path)
    path.chmod(0o644)
    assert gameserver("serve", "--keys", str(path), "--port", "0") == cli.USAGE
    assert "chmod 600" in gameserver.err


# -- options ----------------------------------------------------------------------------------------------------------------
def test_options_are_read_by_their_type() -> None:
    class Many(Options):
        size: float = real(quantum=1 / 4, low=0, high=10, default=1.0)
        fog: bool = boolean(default=False)
        title: str = text(10, default="")
        lives: tuple[int, ...] = integers(0, 9, most=3, default=())

    class Choosy(Game):
        name = "choosy"
        inputs = Push
        options = Many

    options: Any = parse_options(Choosy, ["size=2.5", "fog=yes", "title=a=b", "lives=1,2,3"])
    assert (options.size, options.fog, options.title, options.lives) == (2.5, True, "a=b", (1, 2, 3))
    for wrong in ("size=nan", "size=11", "fog=perhaps", "title=much too long", "lives=1,x", "lives=1,2,3,4", "lives=10"):
        with pytest.raises(OptionError, match=wrong.partition("=")[0]):
            parse_options(Choosy, [wrong])


def test_an_option_said_twice_counts_as_said_last() -> None:
    options: Any = parse_options(Arena, ["damage=50", "damage=60"])
    assert options.damage == 60


# -- maps -------------------------------------------------------------------------------------------------------------------
def test_the_maps_that_come_with_the_server_are_fine(gameserver: Command) -> None:
    assert gameserver("maps", "check", "--game", "arena") == cli.OK
    assert "field: fine" in gameserver.out
    assert gameserver("maps", "check") == cli.OK
    assert gameserver("maps", "check", "--json") == cli.OK
    found = json.loads(gameserver.out)
    assert found["maps"] == len(found["problems"]) >= 2
    assert not any(found["problems"].values())


def broken_map(tmp_path: Path) -> Path:
    """The field with a spawn inside a wall."""
    body = json.loads((maps_folder() / "field.tmj").read_text())
    spawn = next(thing for layer in body["layers"] if layer["type"] == "objectgroup" for thing in layer["objects"])
    spawn["x"] = spawn["y"] = 1
    file = tmp_path / "broken.tmj"
    file.write_text(json.dumps(body))
    return file


def test_a_broken_map_is_named_with_layer_and_object(gameserver: Command, tmp_path: Path) -> None:
    file = broken_map(tmp_path)
    assert gameserver("maps", "check", str(file)) == cli.FAILED
    assert re.search(r"broken\.tmj, layer 'objects', object \d+ '.*': there is a wall", gameserver.out)
    assert gameserver("maps", "check", str(file), "field", "--json") == cli.FAILED
    found = json.loads(gameserver.out)
    assert len(found["problems"][str(file)]) >= 1
    assert found["problems"]["field"] == []
    assert gameserver("serve", "--map", str(file), "--port", "0") == cli.USAGE
    assert re.search(r"broken\.tmj.*object \d+", gameserver.err)


def test_maps_are_checked_for_a_game_if_it_is_named(gameserver: Command, tmp_path: Path) -> None:
    body = json.loads((maps_folder() / "field.tmj").read_text())
    body["properties"] = [given for given in body["properties"] if given["name"] != "modes"]
    file = tmp_path / "plain.tmj"
    file.write_text(json.dumps(body))
    assert gameserver("maps", "check", str(file)) == cli.OK
    assert gameserver("maps", "check", str(file), "--game", "arena") == cli.FAILED
    assert "plain.tmj: the map has no property `modes`" in gameserver.out
    assert gameserver("maps", "check", str(file), "--game", "chess") == cli.USAGE
    assert "there is no game 'chess'" in gameserver.err


def test_a_file_that_is_no_map_is_named(gameserver: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.tmj").write_text("{")
    assert gameserver("maps", "check", "bad.tmj", "missing") == cli.FAILED
    assert "bad.tmj: 1 problems" in gameserver.out
    assert "there is no such file" in gameserver.out
    assert gameserver("serve", "--map", "bad.tmj", "--port", "0") == cli.USAGE
    assert "bad.tmj" in gameserver.err


# -- an author's own game ---------------------------------------------------------------------------------------------------
GAME = """
from gameserver import Game, Input, integer

class Push(Input):
    right: int = integer(-1, 1, default=0)

class Mine(Game):
    name = "mine"
    inputs = Push
"""

SECOND_GAME = """
class Other(Game):
    name = "other"
    inputs = Push
"""

BAD_SETUP = """
    def setup(self, options):
        raise KeyError("map")
"""

SCORE = """from gameserver import Globals, shared
class Score(Globals):
    best: int = integer(0, 5, default=0)
"""

BAD_SCORE = """
    def setup(self, options):
        self.score.best = 7
"""

BROKEN_GAMES: dict[str, tuple[str, str, str]] = {
    "a syntax error": ("x = 1\ndef broken(:\n    pass\n", r"game\.py:2: SyntaxError", ""),
    "an error on import": ("x = 1\ny = 2\nz = 1 / 0\n", r"game\.py:3: ZeroDivisionError: division by zero", ""),
    "an exit on import": ("import sys\nsys.exit(0)\n", r"game\.py:2: SystemExit", ""),
    "a missing module": ("import no_such_module\n", r"game\.py:1: ModuleNotFoundError", "no_such_module"),
    "an undeclared field": (GAME.replace("integer(-1, 1, default=0)", "0"), r"game\.py:4: Push\.right", "write `right"),
    "a bad field": (GAME.replace("-1, 1", "1, -1"), r"game\.py:5: .*range 1..-1 is empty", "low <= high"),
    "a bad name": (GAME.replace('"mine"', '"My Game"'), r"game\.py:7: class Mine: name 'My Game'", 'add `name = "mygame"`'),
    "no inputs": (GAME.replace("    inputs = Push\n", ""), r"game\.py:7: class Mine: inputs", "add `inputs = MyInput`"),
    "a bad tick rate": (GAME + "    tick_rate = 1000\n", r"game\.py:7: class Mine: tick_rate = 1000", "from 1 to 60"),
    "no game": ("x = 1\n", r"game\.py: a file holds exactly one class derived from Game; this one has none", ""),
    "two games": (GAME + SECOND_GAME, r"game\.py: a file holds", "Mine, Other"),
    "an error in setup": (GAME + BAD_SETUP, r"game\.py:12: mine cannot set up a room: KeyError: 'map'", ""),
    "a value out of range in setup": (
        GAME.replace("name =", "score = shared(Score)\n    name =").replace("class Mine", SCORE + "class Mine") + BAD_SCORE,
        r"game\.py: mine cannot set up a room: GameError: Score\.best: 7 is outside 0\.\.5 \(declared at .*game\.py:9\)",
        "declare a wider range",
    ),
}


@pytest.mark.parametrize("case", BROKEN_GAMES)
def test_a_broken_game_is_named_with_file_and_line(gameserver: Command, tmp_path: Path, case: str) -> None:
    source, where, what_to_do = BROKEN_GAMES[case]
    (tmp_path / "game.py").write_text(source)
    assert gameserver("serve", "--game", "game.py", "--port", "0") == cli.USAGE
    assert re.search(where, gameserver.err), gameserver.err
    assert what_to_do in gameserver.err


def test_a_game_that_is_called_like_the_lobby_is_not_served(gameserver: Command, tmp_path: Path) -> None:
    (tmp_path / "game.py").write_text(GAME.replace('"mine"', '"lobby"'))
    assert gameserver("serve", "--game", "game.py", "--port", "0") == cli.USAGE
    assert "a game cannot be called 'lobby': that is where people look for rooms" in gameserver.err


def test_a_game_that_does_not_end_on_import_is_stopped(
    gameserver: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gameserver.app.SETUP_SECONDS", 0.3)
    (tmp_path / "endless.py").write_text("n = 0\nwhile True:\n    n += 1\n")
    assert gameserver("serve", "--game", "endless.py", "--port", "0") == cli.USAGE
    assert "endless.py: it takes more than 0.3 s to import" in gameserver.err


def test_an_error_in_a_module_that_the_game_imports_is_told_from_where_it_is_imported(
    gameserver: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "helper_of_game.py").write_text("\n\n\n\ndef broken(:\n")
    (tmp_path / "game.py").write_text("x = 1\nimport helper_of_game\n")
    assert gameserver("serve", "--game", "game.py", "--port", "0") == cli.USAGE
    assert "game.py:2: SyntaxError" in gameserver.err
    assert "(helper_of_game.py, line 5)" in gameserver.err


def test_a_game_is_found_by_the_path_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GAME)
    assert load_game(str(file)).name == "mine"
    assert load_game("arena") is Arena


def test_a_game_may_derive_from_one_that_it_imports(tmp_path: Path) -> None:
    file = tmp_path / "duel.py"
    file.write_text(
        textwrap.dedent(
            """
            from gameserver.games.arena import Arena

            class Duel(Arena):
                name = "duel"
                max_players = 2
            """
        )
    )
    game = load_game(str(file))
    assert (game.name, game.max_players, game.tick_rate) == ("duel", 2, 30)


# -- bots -------------------------------------------------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_bots_without_a_server_fail_and_say_so(gameserver: Command) -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    assert gameserver("bots", "--url", url, "--count", "2", "--seconds", "1", "--json") == cli.FAILED
    report = json.loads(gameserver.out)
    assert report["errors"] == 2
    assert "cannot reach 127.0.0.1" in report["messages"][0]
    assert report["snapshots_per_second"] == {"min": 0.0, "mean": 0.0}
    assert gameserver("bots", "--url", url, "--count", "1", "--seconds", "1") == cli.FAILED
    assert re.search(r"^errors +1$", gameserver.out, re.MULTILINE)


# -- end to end: real processes, a real port, real signals ------------------------------------------------------------------
class Served:
    """`python -m gameserver serve …` as somebody starts it."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        path = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gameserver", "serve", *arguments],
            cwd=cwd,
            env=path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def url(self) -> str:
        """The address that it prints."""
        return self.until(r"ws://\S+")

    def until(self, pattern: str) -> str:
        """What matches first in what it says."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if match := re.search(pattern, line):
                return match[0]
        raise AssertionError(f"it ended: {self.said}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        """Send the signal; returns how many seconds it took to end."""
        before = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        took = time.monotonic() - before
        assert self.process.stderr is not None and self.process.stdout is not None
        self.said += self.process.stderr.read() + self.process.stdout.read()
        return took

    def members(self) -> list[int]:
        """The processes of its session that are still there."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid and fields[0] != "Z":
                    found.append(int(entry.name))
        return found


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A server with the arguments that the test is marked with; what is left of it is killed."""
    it = Served(*request.param, cwd=tmp_path)
    yield it
    for member in it.members():
        os.kill(member, signal.SIGKILL)
    it.process.communicate()


@pytest.mark.real_time
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for left processes in /proc")
@pytest.mark.parametrize("served", [("--port", "0", "--bots", "2")], indirect=True)
def test_a_server_with_bots_from_start_to_ctrl_c(served: Served, gameserver: Command) -> None:
    """Started, played on by four more bots, its port taken a second time, stopped: nothing is wrong and nothing is left."""
    url = served.url()
    assert gameserver("bots", "--url", url, "--count", "4", "--seconds", "2", "--json") == cli.OK
    report = json.loads(gameserver.out)
    assert (report["clients"], report["rooms"]) == (4, 1)
    assert (report["world_mismatches"], report["errors"]) == (0, 0)
    assert report["snapshots_per_second"]["min"] > 15, "30, on a machine that is not busy"
    port = url.split(":")[2].partition("/")[0]
    assert gameserver("serve", "--port", port) == cli.USAGE
    assert f"cannot listen on 127.0.0.1:{port}" in gameserver.err
    assert "choose another port with --port" in gameserver.err
    assert len(served.members()) == 2, "the server and the process of its bots"
    assert served.stop() <= 2.0
    assert served.process.returncode == cli.OK
    assert "Traceback" not in served.said
    assert "Bots fill each room up to 2 players, and make way for people." in served.said
    assert "Stopping." in served.said
    assert served.members() == []


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--game", "mine.py", "--bots", "2", "--log-json")], indirect=True)
def test_bots_play_a_game_from_a_file_and_sigterm_ends_it(served: Served, gameserver: Command, tmp_path: Path) -> None:
    """The bots' process must be told the file, not the name: it knows the built-in games only."""
    url = served.url()
    assert url.endswith("/ws/mine1")
    assert gameserver("bots", "--url", url, "--game", "mine.py", "--count", "1", "--seconds", "0.5", "--json") == cli.OK
    assert len(served.members()) == 2, "the bots are still there"
    assert served.stop(signal.SIGTERM) <= 2.0
    assert served.process.returncode == cli.OK
    assert "Traceback" not in served.said
    for line in served.said.splitlines():
        if line.startswith("{"):
            assert json.loads(line)["level"] == "INFO", line


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--bots", "2")], indirect=True)
def test_a_service_manager_that_ends_the_whole_group_causes_no_alarm(served: Served) -> None:
    """Also while the process of the bots begins, and heeds signals yet."""
    served.url()
    os.killpg(served.process.pid, signal.SIGTERM)
    assert served.stop(signal.SIGTERM) <= 2.0
    assert "Stopping." in served.said
    assert "WARNING" not in served.said
    assert served.members() == []


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--game", "mine.py", "--reload", "--bots", "1")], indirect=True)
def test_a_game_is_read_again_when_its_file_changes(served: Served, gameserver: Command, tmp_path: Path) -> None:
    url = served.url()
    (tmp_path / "mine.py").write_text(GAME + "    tick_rate = oops\n")
    served.until(r"mine\.py:\d+: NameError: name 'oops' is not defined")
    served.until("The rooms play on with the game as it was")
    (tmp_path / "mine.py").write_text("import time\n" + GAME + "    tick_rate = 10\n")
    served.until(r"Matches may not repeat: .*mine\.py:1: imports time: count ticks")
    served.until(r"mine\.py has changed: mine1 begins anew\.")
    assert gameserver("bots", "--url", url, "--game", "mine.py", "--count", "1", "--seconds", "1.5", "--json") == cli.OK
    assert 5 < json.loads(gameserver.out)["snapshots_per_second"]["min"] < 15, "10, and not 30 any more"
    served.stop()
    assert "Traceback" not in served.said


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--game", "mine.py", "--dev")], indirect=True)
def test_a_room_is_stopped_stepped_and_laid_open(served: Served, gameserver: Command) -> None:
    url = served.url().replace("ws://", "http://").removesuffix("/ws/mine1")
    assert gameserver("dev", "rooms", "--url", url) == cli.OK
    (mine,) = [room for room in json.loads(gameserver.out) if room["game"] != "lobby"]
    assert mine == {"room": "mine1", "game": "mine", "tick": 0, "players": [], "paused": False}
    assert gameserver("dev", "pause", "mine1", "--url", url) == cli.OK
    assert json.loads(gameserver.out)["paused"] is True
    assert gameserver("dev", "step", "mine1", "--ticks", "3", "--url", url) == cli.OK
    assert gameserver("dev", "resume", "mine1", "--url", url) == cli.OK
    assert json.loads(gameserver.out)["paused"] is False
    assert gameserver("dev", "dump", "mine1", "--url", url) == cli.OK
    assert json.loads(gameserver.out)["game"] == "mine@1"
    assert gameserver("dev", "dump", "none", "--url", url) == cli.USAGE
    assert "there is no such room; there are: lobby, mine1" in gameserver.err


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--game", "mine.py")], indirect=True)
def test_a_server_without_dev_says_nothing(served: Served, gameserver: Command) -> None:
    url = served.url().replace("ws://", "http://").removesuffix("/ws/mine1")
    assert gameserver("dev", "dump", "mine1", "--url", url) == cli.USAGE
    assert "it was not started with --dev" in gameserver.err
    assert gameserver("dev", "rooms", "--url", "http://127.0.0.1:1") == cli.USAGE
    assert "start one with `gameserver serve --dev`" in gameserver.err
    assert gameserver("dev", "rooms", "--url", "ws://127.0.0.1:1") == cli.USAGE
    assert "write http://HOST:PORT" in gameserver.err


@pytest.fixture(autouse=True)
def _a_game_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GAME)


@pytest.mark.real_time
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for left processes in /proc, and sends SIGHUP")
def test_a_server_with_keys_from_the_first_ticket_to_the_next_key(gameserver: Command, tmp_path: Path) -> None:
    """Its own bots have tickets, others need one, and SIGHUP reads the keys again."""
    path = tmp_path / "keys"
    write_new(path)
    it = Served("--port", "0", "--keys", str(path), "--bots", "2", "--record", "off", "--dev", cwd=tmp_path)
    try:
        url = it.url()
        assert gameserver("bots", "--url", url, "--count", "1", "--seconds", "1", "--json") == cli.FAILED
        assert "a ticket is needed to join" in json.loads(gameserver.out)["messages"][0]
        assert gameserver("bots", "--url", url, "--keys", str(path), "--count", "2", "--processes", "2", "--seconds", "1") == cli.OK
        port = url.split(":")[2].partition("/")[0]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/rooms/arena1/join",
            json.dumps({"game": "arena", "role": "player"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            claims = read_ticket(json.load(answer)["ticket"], Keyring(read_keys(path)), now=time.time())
        assert (claims.room, claims.rank) == ("arena1", Rank.PLAYER)
        assert gameserver("dev", "rooms", "--url", f"http://127.0.0.1:{port}") == cli.OK
        (arena,) = (room for room in json.loads(gameserver.out) if room["room"] == "arena1")
        assert sum(player["bot"] for player in arena["players"]) >= 2, "the bots of its own"
        for _ in range(2):
            rotate(path)
        it.process.send_signal(signal.SIGHUP)
        it.until("keys read again; k3 signs")
        assert gameserver("bots", "--url", url, "--keys", str(path), "--count", "1", "--seconds", "1") == cli.OK
        it.stop()
    finally:
        for member in it.members():
            os.kill(member, signal.SIGKILL)
        it.process.communicate()
    assert "eyJ" not in it.said, "no ticket is logged: each begins so"
