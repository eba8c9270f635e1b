"""Calls that wait for their answers, by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.calls import CALLS_AT_ONCE, Calls

from gameserver.core.messages import Call, Reply

if TYPE_CHECKING:
    from trio.testing import MockClock


def test_numbers_grow_and_what_was_said_on_a_line_is_not_said_on_it_again() -> None:
    calls = Calls()
    assert [calls.ask("echo", ("a",)), calls.ask("echo", ("b",))] == [1, 2]
    assert calls.to_say(above=0) == [Call(1, "echo", ("a",)), Call(2, "echo", ("b",))]
    assert calls.to_say(above=1) == [Call(2, "echo", ("b",))]
    assert calls.to_say(above=2) == []


def test_what_has_its_answer_is_not_said_again_on_the_next_line() -> None:
    calls = Calls()
    for _ in range(3):
        calls.ask("echo", ())
    calls.take(Reply(2, True, None))
    calls.take(Reply(2, True, None))
    calls.take(Reply(77, True, None))
    assert [call.number for call in calls.to_say(above=0)] == [1, 3]


def test_only_so_many_are_said_at_once_as_a_server_takes_in_a_tick() -> None:
    calls = Calls()
    for _ in range(CALLS_AT_ONCE + 2):
        calls.ask("echo", ())
    assert [call.number for call in calls.to_say(above=0)] == list(range(1, CALLS_AT_ONCE + 1))
    calls.take(Reply(3, True, None))
    assert [call.number for call in calls.to_say(above=CALLS_AT_ONCE)] == [CALLS_AT_ONCE + 1]


async def test_each_caller_gets_his_answer(autojump_clock: MockClock) -> None:
    calls = Calls()
    answers: dict[int, Reply] = {}

    async def ask() -> None:
        number = calls.ask("echo", ())
        answers[number] = await calls.answer(number)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
        await trio.sleep(1)
        for number in (3, 1, 2):
            calls.take(Reply(number, True, number))
    assert {number: reply.value for number, reply in answers.items()} == {1: 1, 2: 2, 3: 3}


async def test_who_is_cancelled_takes_his_call_back(autojump_clock: MockClock) -> None:
    calls = Calls()
    number = calls.ask("echo", ())
    with trio.move_on_after(1):
        await calls.answer(number)
    assert calls.to_say(above=0) == []
    calls.take(Reply(number, True, None))


async def test_what_fails_tells_all_who_wait_and_what_ends_those_to_come(autojump_clock: MockClock) -> None:
    calls = Calls()
    number = calls.ask("echo", ())

    async def wait() -> None:
        with pytest.raises(KeyError, match="gone"):
            await calls.answer(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.sleep(1)
        calls.fail(KeyError("gone"))
    assert calls.ask("echo", ()) == 2
    calls.end(KeyError("over"))
    with pytest.raises(KeyError, match="over"):
        calls.ask("echo", ())
