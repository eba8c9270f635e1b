"""The files of tests/vectors are up to date, say what the protocol says, and our decoder reads them as they mean."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.messages import Snapshot, Welcome
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema
from gameserver.core.wire import decode_client, decode_server
from tests.core import make_vectors
from tests.core.make_vectors import FOLDER, meaning, world_of


def load(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


FRAMES = load("frames.json")
HISTORIES = load("histories.json")


@pytest.mark.parametrize("name", ["frames.json", "histories.json", "quantise.json", "timing.json"])
def test_the_files_are_up_to_date(name: str) -> None:
    made = make_vectors.files()
    assert set(made) == {path.name for path in FOLDER.glob("*.json")}
    assert (FOLDER / name).read_text(encoding="utf-8") == made[name], (
        "run python -m tests.core.make_vectors, and look at the change"
    )


@pytest.mark.parametrize("case", FRAMES["client"], ids=lambda case: case["message"])
def test_our_decoder_reads_what_a_client_says(case: dict[str, Any]) -> None:
    assert meaning(decode_client(bytes.fromhex(case["bytes"]))) == {key: value for key, value in case.items() if key != "bytes"}


@pytest.mark.parametrize("case", FRAMES["server"], ids=lambda case: "-".join(m["message"] for m in case["messages"]))
def test_our_decoder_reads_what_a_server_says(case: dict[str, Any]) -> None:
    assert [meaning(message) for message in decode_server(bytes.fromhex(case["bytes"]))] == case["messages"]


@pytest.mark.parametrize("case", FRAMES["refused"], ids=lambda case: case["why"])
def test_our_decoder_refuses_what_must_be_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_client(bytes.fromhex(case["bytes"]))
    assert caught.value.close_code == case["close"]


@pytest.mark.parametrize("case", FRAMES["refused_by_client"], ids=lambda case: case["why"])
def test_a_client_refuses_what_it_must(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        decode_server(bytes.fromhex(case["bytes"]))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history["name"])
def test_a_client_that_knows_nothing_but_the_file_arrives_at_its_world(history: dict[str, Any]) -> None:
    (welcome,) = decode_server(bytes.fromhex(history["frames"][0]["bytes"]))
    assert isinstance(welcome, Welcome)
    client = Replica(Schema.from_wire(welcome.schema))
    for frame in history["frames"][1:]:
        if "error" in frame:
            wanted = {"mismatch": WorldMismatch, "protocol": ProtocolError}[frame["error"]]
            with pytest.raises(wanted):
                _read(client, frame)
            assert frame is history["frames"][-1]
        else:
            assert _read(client, frame) == frame.get("cosmetics", [])
            assert world_of(client) == frame["world"]


def _read(client: Replica, frame: dict[str, Any]) -> list[Any]:
    *others, snapshot = decode_server(bytes.fromhex(frame["bytes"]))
    assert [meaning(message) for message in others] == frame.get("messages", [])
    assert isinstance(snapshot, Snapshot)
    drops, _, _, schedule = snapshot.control or ((), None, None, ())
    cosmetics = client.apply(snapshot.epoch, snapshot.tick, drops, schedule, snapshot.fragments)
    fields = {layout.name: layout.fields for layout in client.schema.events}
    return [
        {"name": seen.name, "tick": seen.tick, "values": {f.name: getattr(seen.event, f.name) for f in fields[seen.name]}}
        for seen in cosmetics
    ]


def test_the_histories_hold_what_they_are_for() -> None:
    """Each part of the protocol's section 5 occurs somewhere, or another language's client would not be tried on it."""
    snapshots = [
        snapshot
        for history in HISTORIES
        for frame in history["frames"][1:]
        if "error" not in frame
        for snapshot in decode_server(bytes.fromhex(frame["bytes"]))
        if isinstance(snapshot, Snapshot)
    ]
    fragments = [fragment for snapshot in snapshots for fragment in snapshot.fragments]
    assert any(fragment[1] == 0 for fragment in fragments) and any(fragment[1] > 1 for fragment in fragments)
    assert all(any(fragment[place] for fragment in fragments) for place in (2, 3, 4))
    assert any(len(fragment) > 5 and fragment[5] is not None for fragment in fragments), "a CRC"
    assert any(len(fragment) > 6 for fragment in fragments), "cosmetic events"
    assert any(snapshot.control and snapshot.control[0] for snapshot in snapshots), "drops"
    assert any(snapshot.control and snapshot.control[3] for snapshot in snapshots), "a schedule"
    assert any(not snapshot.fragments for snapshot in snapshots), "nothing changed"
    assert {history["frames"][-1].get("error") for history in HISTORIES} == {None, "mismatch", "protocol"}


def test_the_roundings_are_right() -> None:
    vectors = load("quantise.json")
    assert len(vectors) > 150
    for value, quantum, units in vectors:
        assert math.floor(value / quantum + 0.5) == units
        assert abs(units * quantum - value) <= quantum / 2
