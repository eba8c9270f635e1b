"""The golden matches come out as they were, tick by tick, and what was shown of them plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.recording import Recording
from gameserver.testing import verify_recording
from tests.core.replay.forge import with_wrong_hash
from tests.golden.__main__ import is_as_it_was, main
from tests.golden.matches import AGAIN, FOLDER, GOLDEN, MOST_BYTES, Golden

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_golden_match_comes_out_as_it_was(golden: Golden) -> None:
    verdict = verify_recording(golden.file, golden.game, again=AGAIN)
    assert verdict.steps == Recording.open(golden.file.read_bytes()).contents.steps


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_golden_match_plays_from_its_first_tick_to_its_last(golden: Golden) -> None:
    recording = Recording.open(golden.file.read_bytes())
    assert golden.file.stat().st_size <= MOST_BYTES
    assert 10 <= (recording.contents.last - recording.header.first) / recording.header.rate <= 30
    playback = recording.play()
    frames = 0
    while (frame := playback.advance()) is not None:
        assert not frame.is_jump
        frames += 1
    assert playback.tick == recording.contents.last
    assert frames > recording.contents.last // 4
    assert len(recording.marks) > 2


def test_they_are_all_there_and_no_others() -> None:
    assert {path for path in FOLDER.iterdir() if path.suffix == ".trpl"} == {golden.file for golden in GOLDEN}


def test_between_them_they_have_all_that_a_recording_can_hold() -> None:
    types: set[int] = set()
    commands: set[type] = set()
    for golden in GOLDEN:
        recording = Recording.open(golden.file.read_bytes())
        types |= {place.type for place in recording.places}
        steps = [*recording.steps()]
        commands |= {type(command) for step in steps for command in step.commands}
    assert types == {ChunkType(number) for number in (1, 2, 3, 4, 5, 6, 7, 9)}
    assert {command.__name__ for command in commands} == {"Join", "Leave", "Connected", "Called"}
    assert all(
        any(step.inputs for step in Recording.open(golden.file.read_bytes()).steps())
        for golden in GOLDEN
        if golden.game.schema.input.fields
    )
    assert any(step.views for golden in GOLDEN for step in Recording.open(golden.file.read_bytes()).steps())


def test_one_that_comes_out_otherwise_says_what_differs_and_what_to_do(tmp_path: Path) -> None:
    golden = GOLDEN[-1]
    file = tmp_path / "pong.trpl"
    file.write_bytes(with_wrong_hash(golden.file.read_bytes(), 77))
    with pytest.raises(AssertionError) as caught:
        verify_recording(file, golden.game, again=AGAIN)
    said = str(caught.value)
    assert f"{file}: differs from tick 77 on (0:01)" in said
    assert "input of bot 1 (1)" in said
    assert "Was pong meant to play otherwise now? Then record the match anew with `python -m tests.golden`" in said
    with pytest.raises(
        AssertionError, match=r"cannot be simulated: it is a match of pong, not of arena.*\n.*record the match anew,"
    ):
        verify_recording(golden.file.read_bytes(), GOLDEN[0].game)


def test_the_command_leaves_alone_what_comes_out_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    golden = GOLDEN[-1]
    before = golden.file.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main([golden.name])
    assert not ended.value.code
    assert capsys.readouterr().out.split() == ["pong", "as", "it", "was"]
    assert golden.file.read_bytes() == before
    assert not is_as_it_was(before, with_wrong_hash(before, 5))
    assert not is_as_it_was(b"nothing", before)
    with pytest.raises(SystemExit) as ended:
        main(["chess"])
    assert ended.value.code == 2
