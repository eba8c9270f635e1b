"""How the phones in the room find the server: addresses, the code for their cameras, and what is said when it starts."""

from __future__ import annotations

import segno

from gameserver.app import announcement
from gameserver.lan import invitation, lan_addresses, qr_code
from gameserver.settings import ServeSettings

BOUND = [("0.0.0.0", 8765)]


def sources(*addresses: str | None) -> list[str]:
    """What is found where the system would send from these, towards one target after the other."""
    answers = iter(addresses)
    return lan_addresses(lambda target: next(answers))


def test_the_private_addresses_that_packets_leave_from_are_found() -> None:
    home = "192.168.178.20"
    assert sources(home, home, home, home) == [home], "one network, named once"
    assert sources(home, "10.8.0.3", home, home) == [home, "10.8.0.3"], "and a second one behind it"
    assert sources("8.8.8.8", "10.0.0.5", "8.8.8.8", "8.8.8.8") == ["10.0.0.5"], "what the whole world reaches is no invitation"
    assert sources("169.254.3.4", "127.0.0.1", "0.0.0.0", None) == []
    assert sources(None, None, None, None) == [], "no cable, no radio"


def test_this_machine_can_be_asked() -> None:
    """Whatever it says: no packet is sent, and nothing is raised where there is no network."""
    assert all(not address.startswith("127.") for address in lan_addresses())


def modules(lines: list[str]) -> list[list[bool]]:
    """Which modules are dark, as drawn on a dark ground: two rows in each line."""
    halves = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    return [[halves[sign][half] for sign in line] for line in lines for half in (0, 1)]


def test_the_code_says_the_address() -> None:
    """Module for module what the standard's encoder makes of it, with a quiet border of light ones."""
    url = "http://192.168.178.20:8765/"
    drawn = modules(qr_code(url))
    wanted = [[bool(module) for module in row] for row in segno.make(url, micro=False, error="m").matrix]
    size, border = len(wanted), 2
    assert [row[border : border + size] for row in drawn[border : border + size]] == wanted
    around = [row for at, row in enumerate(drawn) if not border <= at < border + size][: 2 * border]
    assert not any(any(row) for row in around)
    assert not any(any(row[:border] + row[border + size :]) for row in drawn[: size + 2 * border])
    assert max(len(line) for line in qr_code(url)) <= 40, "it fits beside nothing, but into any terminal"


def test_on_a_terminal_the_code_brings_its_colours() -> None:
    plain, coloured = qr_code("http://10.0.0.5:1/"), qr_code("http://10.0.0.5:1/", coloured=True)
    assert [line.removeprefix("\033[97;40m").removesuffix("\033[0m") for line in coloured] == plain
    assert all(line.startswith("\033[97;40m") and line.endswith("\033[0m") for line in coloured)


def test_an_invitation_names_every_address_and_shows_the_first() -> None:
    said = invitation(["192.168.178.20", "10.8.0.3"], 9000)
    assert said[:2] == ["In this network: http://192.168.178.20:9000/", "In this network: http://10.8.0.3:9000/"]
    assert said[2:-1] == qr_code("http://192.168.178.20:9000/")
    assert "open: anyone in this network may join" in said[-1]
    (alone,) = invitation([], 9000)
    assert "No address in a network around was found" in alone


# -- what a server says when it starts ---------------------------------------------------------------------------------------
def test_the_first_line_says_where_to_play() -> None:
    settings = ServeSettings(bots=8)
    assert announcement([("127.0.0.1", 8765)], "arena1", settings) == [
        "Play at http://127.0.0.1:8765/",
        "Serving arena at ws://127.0.0.1:8765/ws/arena1",
        "This server is open: whoever is on this machine may join.",
        "Bots fill each room up to 8 players, and make way for people.",
        "Matches are recorded in recordings.",
        "Press Ctrl-C to stop.",
    ]
    assert not any("recorded" in line for line in announcement(BOUND, "a", ServeSettings(record="off")))
    assert announcement([("::1", 80)], "a", settings)[0] == "Play at http://[::1]:80/"
    assert announcement([("127.0.0.1", 8765)], "arena1", settings, pages=False)[0].startswith("Serving arena")


def test_strangers_are_spoken_of_where_they_can_come() -> None:
    said = announcement(BOUND, "a", ServeSettings(host="0.0.0.0"))
    assert said[0] == "Play at http://127.0.0.1:8765/"
    assert said[2] == "This server is open: anyone who reaches 0.0.0.0 may join."
    near = announcement(BOUND, "a", ServeSettings(lan=True), ["192.168.1.7"])
    assert near[:3] == [
        "Play at http://127.0.0.1:8765/",
        "Serving arena at ws://127.0.0.1:8765/ws/a",
        *invitation(["192.168.1.7"], 8765)[:1],
    ]
    keyed = announcement(BOUND, "a", ServeSettings(host="0.0.0.0", keys="keys"))
    assert keyed[2] == "Who joins shows a ticket, signed with a key of keys; whoever asks the pages for one has it."
    assert "only your own site" in announcement(BOUND, "a", ServeSettings(host="0.0.0.0", keys="keys", join="tickets"))[2]
