"""The small form of each fuzzer, and whether a fuzzer finds what is there to be found."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.core import wire
from gameserver.core.errors import ProtocolError
from gameserver.core.messages import Ping
from gameserver.entrance import Entrance
from tests.fuzz import decoder, frames, messages, recordings
from tests.fuzz.outcome import Failure, Outcome, shown, smallest
from tests.fuzz.shares import fuzz
from tests.fuzz.strangers import PHASES, stranger
from tests.helpers import Toy

if TYPE_CHECKING:
    from gameserver.core.messages import ClientMessage

ROOT = Path(__file__).parents[2]


def wrong(outcome: Outcome) -> list[str]:
    return [f"{failure.number}: {failure.what}" for failure in outcome.failures]


# -- the small form ----------------------------------------------------------------------------------------------------------
def test_any_message_is_understood_or_a_protocol_error() -> None:
    outcome = decoder.run(seed=2, first=0, count=2_000)
    assert not wrong(outcome)
    assert sum(count for end, count in outcome.ends.items() if end.startswith("understood ")) > 250, (
        "most of what is bent is useless"
    )
    assert 1_000 < outcome.worst["bytes of memory for a message"] < decoder.MAX_BYTES


def test_any_session_ends_with_a_code_and_no_room_fails() -> None:
    outcome = messages.run(seed=2, first=0, count=600)
    assert not wrong(outcome)
    assert outcome.cases == 600
    assert outcome.ends["closed with 1000"] > 50, "hardly anybody says all that he has to say"
    assert outcome.ends["equal ticks of the room beside them"] > 100


def test_any_recording_is_a_format_error_or_a_match() -> None:
    outcome = recordings.run(seed=2, first=0, count=80)
    assert not wrong(outcome)
    assert min(outcome.ends[end] for end in ("read", "refused in parts", "refused at once")) > 5


@pytest.mark.real_time
def test_ten_thousand_malformed_handshakes_and_frames_harm_nobody() -> None:
    outcome = fuzz("frames", count=4_400, seed=2, processes=2)
    assert not wrong(outcome)
    assert outcome.ends["malformed handshakes and frames"] >= 10_000
    assert outcome.ends["snapshots of the match beside them"] > 100
    assert outcome.ends["weighed"] > 10
    assert {"answered 400", "closed with 1002", "closed with 1009", "closed with 1008"} <= outcome.ends.keys()


# -- do they find anything? --------------------------------------------------------------------------------------------------
def test_a_decoder_that_raises_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(_: int, sequence: Any, client_time: Any) -> ClientMessage:  # noqa: ANN401 - whatever was sent
        return Ping(sequence + 0, client_time)

    def leaks(data: bytes) -> ClientMessage:
        message = right(data)
        if isinstance(message, Ping) and type(message.client_time) is bool:
            raise KeyError(message.sequence)
        return message

    right = wire.decode_client
    monkeypatch.setattr(wire, "_CLIENT", (*wire._CLIENT[:3], careless, *wire._CLIENT[4:]))
    monkeypatch.setattr(decoder, "decode_client", leaks)
    outcome = decoder.run(seed=2, first=0, count=2_000)
    assert any("KeyError" in what for what in wrong(outcome))
    found = next(failure for failure in outcome.failures if "KeyError" in failure.what)
    with pytest.raises(KeyError):
        leaks(bytes.fromhex(found.smallest))
    assert len(found.smallest) <= 8, "93 03, a number and a boolean"


def test_a_decoder_that_takes_much_memory_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(data: bytes) -> ClientMessage:
        _ = bytearray(2 * decoder.MAX_BYTES)
        raise ProtocolError("no")

    monkeypatch.setattr(decoder, "decode_client", greedy)
    outcome = decoder.run(seed=2, first=0, count=3)
    assert len(outcome.failures) == 3


def test_a_room_that_fails_of_what_is_said_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def whisper(self: Toy, player: Any, number: int) -> None:  # noqa: ANN401 - as in Toy
        assert number < 2

    monkeypatch.setattr(Toy, "whisper", whisper)
    outcome = messages.run(seed=2, first=0, count=600)
    assert any("AssertionError" in what for what in wrong(outcome))
    found = next(failure for failure in outcome.failures if "AssertionError" in failure.what)
    said = [part for part in found.smallest.split(" | ") if "a777686973706572" in part]
    assert len(said) == 1, "the call is left of what he said, and little else"


def test_a_reader_that_raises_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "FormatError", ZeroDivisionError)
    monkeypatch.setattr(recordings, "smallest", lambda data, fails: data)
    outcome = recordings.run(seed=2, first=0, count=20)
    assert any("FormatError" in what for what in wrong(outcome))


@pytest.mark.real_time
def test_what_escapes_from_a_connection_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Entrance, *arguments: Any) -> Any:  # noqa: ANN401 - as in Entrance
        if "match1" not in arguments:
            raise LookupError("this escapes")
        return converse(self, *arguments)

    converse = Entrance._converse
    monkeypatch.setattr(Entrance, "_converse", fails)
    outcome = frames.run(seed=2, first=0, count=12)
    assert any("this escapes" in what for what in wrong(outcome))


# -- cases and reports -------------------------------------------------------------------------------------------------------
def test_the_same_number_is_the_same_case() -> None:
    numbers = range(200)
    assert [decoder.case(3, n) for n in numbers] == [decoder.case(3, n) for n in numbers]
    assert [recordings.case(3, n) for n in numbers[:20]] == [recordings.case(3, n) for n in numbers[:20]]
    strangers = [stranger(3, n) for n in numbers]
    assert strangers == [stranger(3, n) for n in numbers]
    assert {who.phase for who in strangers} == set(PHASES)
    assert b"".join(strangers[0].said()) == b"".join(strangers[0].hostile)[: strangers[0].cut]
    assert decoder.case(3, 1) != decoder.case(4, 1)


def test_a_failing_case_is_made_small() -> None:
    dice = random.Random(1)
    data = dice.randbytes(300).replace(b"A", b"B")
    data = data[:100] + b"A" + data[100:200] + b"A" + data[200:]
    assert smallest(data, lambda less: less.count(b"A") >= 2) == b"AA"
    parts = (b"x", b"bad", b"y", b"z")
    assert smallest(parts, lambda less: b"bad" in less) == (b"bad",)
    assert shown(b"\x01" * 1_000).endswith("(2000 characters)")


def test_outcomes_add_up() -> None:
    first, second = Outcome(2, worst={"a": 1.0}), Outcome(3, worst={"a": 2.0, "b": 5.0}, failures=[Failure(4, "x", "")])
    first.ends["closed"] += 1
    second.ends["closed"] += 2
    first.add(second)
    assert (first.cases, first.ends["closed"], first.worst, len(first.failures)) == (5, 3, {"a": 2.0, "b": 5.0}, 1)


def test_the_command_line_says_what_it_did_and_repeats_a_case() -> None:
    words = [sys.executable, "-m", "tests.fuzz", "decoder", "--seed", "5"]
    finished = subprocess.run(
        [*words, "--count", "200", "--processes", "2"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.match(r"decoder: 200 cases of seed 5, 0 failures", finished.stdout)
    assert "at most " in finished.stdout
    one = subprocess.run([*words, "--case", "150"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert one.stdout.startswith("decoder: 1 cases of seed 5")
