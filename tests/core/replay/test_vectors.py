"""The files of tests/vectors/recording are up to date, and our reader finds in them what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.recording import Recording
from tests.core.replay.make_vectors import FOLDER, meaning, recordings

if TYPE_CHECKING:
    from gameserver.core.replay.chunks import Chunk

NAMES = sorted(path.stem for path in FOLDER.glob("*.trpl"))


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return recordings()


def chunks(data: bytes) -> list[Chunk]:
    """All but ORIGIN, which has the version of Python. Inflated: every zlib deflates in its own way."""
    recording = Recording.open(data)
    return [recording.chunk(place) for place in recording.places if place.type != ChunkType.ORIGIN]


def test_no_file_is_missing(made: dict[str, bytes]) -> None:
    assert sorted(made) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_up_to_date(name: str, made: dict[str, bytes]) -> None:
    """If you changed a game on purpose: python -m tests.core.replay.make_vectors"""
    data = (FOLDER / f"{name}.trpl").read_bytes()
    assert Recording.open(data).header == Recording.open(made[name]).header
    assert chunks(data) == chunks(made[name])


@pytest.mark.parametrize("name", NAMES)
def test_our_reader_finds_in_them_what_they_say(name: str) -> None:
    said = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(meaning((FOLDER / f"{name}.trpl").read_bytes()))) == said


def test_they_show_what_a_reader_has_to_cope_with() -> None:
    said = {name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES}
    assert said["pong"]["gaps"] and any(is_jump for _, _, is_jump, _, _ in said["pong"]["frames"])
    assert said["fleet"]["worlds"] != said["fleet"]["public"]
    assert said["fleet"]["sealed"] and not said["fleet-cut"]["sealed"]
