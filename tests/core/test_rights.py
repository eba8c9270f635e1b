"""Who may say what: every message in every phase by every rank, at the table and at the seat that is held to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver import Game
from gameserver.core.calls import calls_of
from gameserver.core.errors import ProtocolError
from gameserver.core.messages import Bye, Call, ClientMessage, Hello, Inputs, Ping, Ready, Role
from gameserver.core.rights import (
    MAY_CALL,
    MAY_SAY,
    Phase,
    Rank,
    may_call,
    may_expel,
    may_silence,
    rank_of_line,
    sayable,
)
from gameserver.standing import Standing
from tests.helpers import make_room, sit, step

if TYPE_CHECKING:
    from trio.testing import MockClock

    from tests.helpers import Seated

EXAMPLES: dict[type[ClientMessage], ClientMessage] = {
    Hello: Hello(1, "toy", "room1", None, Role.PLAYER, "ann"),
    Ready: Ready(None),
    Inputs: Inputs(0, None, 0, None, ()),
    Ping: Ping(1, 0),
    Call: Call(1, "echo", ("x",)),
    Bye: Bye(),
}
ROLES = {Rank.SPECTATOR: Role.SPECTATOR, Rank.BOT: Role.BOT}
"""Whoever is neither comes as a player."""
ALLOWED: dict[Phase, dict[type[ClientMessage], str]] = {
    Phase.GREETING: {Hello: "sbpha"},
    Phase.ENTERING: {Ready: "sbpha", Ping: "sbpha", Bye: "sbpha"},
    Phase.WAITING: {Ping: "sbpha", Bye: "sbpha"},
    Phase.MATCH: {Inputs: "sbpha", Ping: "sbpha", Call: "bpha", Bye: "sbpha"},
}
"""What the table has to say, written down a second time: by phase and message, the ranks by their first letters."""


def test_every_message_in_every_phase_is_allowed_as_the_protocol_says_and_to_nobody_else() -> None:
    assert set(MAY_SAY) == set(Phase)
    assert set(EXAMPLES) == set(get_args(ClientMessage)), "a message that was added has no example here, and no rank may send it"
    for phase in Phase:
        for rank in Rank:
            may = {message for message, ranks in ALLOWED[phase].items() if rank.name[0].lower() in ranks}
            assert sayable(phase, rank) == may, (phase, rank)


def test_every_call_that_all_games_have_is_in_the_table() -> None:
    """Default deny: one that is added and forgotten there is nobody's."""
    assert {spec.name for spec in calls_of(Game)} == set(MAY_CALL)
    assert not any(may_call(rank, "format_the_disk") for rank in Rank)
    assert not any(may_call(Rank.SPECTATOR, call) for call in MAY_CALL)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("rank", Rank)
def test_a_line_speaks_with_no_higher_rank_than_its_role_and_its_ticket_give(rank: Rank, role: Role) -> None:
    speaks = rank_of_line(rank, role)
    assert speaks <= rank
    assert speaks <= {Role.SPECTATOR: Rank.SPECTATOR, Role.BOT: Rank.BOT, Role.PLAYER: Rank.ADMIN}[role]
    assert speaks is rank or role is not Role.PLAYER


@given(st.sampled_from(Rank), st.sampled_from(Rank))
def test_nobody_sends_away_or_silences_whom_he_does_not_outrank(rank: Rank, other: Rank) -> None:
    for may in (may_expel, may_silence):
        if may(rank, other):
            assert rank >= Rank.HOST
            assert rank is Rank.ADMIN or other < rank
    assert may_expel(Rank.ADMIN, other) and may_silence(Rank.ADMIN, other)
    assert not may_expel(Rank.HOST, Rank.BOT), "bots make way by themselves"


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.MATCH])
@pytest.mark.parametrize("rank", Rank)
@pytest.mark.parametrize("kind", EXAMPLES)
async def test_a_seat_takes_what_the_table_allows_and_closes_the_line_at_anything_else(
    kind: type[ClientMessage], rank: Rank, phase: Phase, autojump_clock: MockClock
) -> None:
    room = make_room()
    someone = await _seated(rank, phase, room)
    someone.say(EXAMPLES[kind])
    someone.seat.receive(room.clock.next_deadline)
    ended = someone.link.ended
    if kind in sayable(phase, rank):
        assert ended is None or (kind is Bye and ended[0] == 1000)
    else:
        assert ended is not None and ended[0] == 1002
        assert someone.seat.over, "who breaks the protocol does not come back"


async def test_an_input_with_values_is_for_those_who_play(autojump_clock: MockClock) -> None:
    for rank in Rank:
        room = make_room()
        someone = await _seated(rank, Phase.MATCH, room)
        someone.push(3, (1, 0))
        someone.seat.receive(room.clock.next_deadline)
        assert (someone.link.ended is not None) is (rank is Rank.SPECTATOR)


async def test_a_host_who_looks_on_is_a_spectator(autojump_clock: MockClock) -> None:
    room = make_room()
    someone = sit(room, role=Role.SPECTATOR, standing=Standing(rank=Rank.ADMIN))
    await step(room, 2)
    someone.say(Call(1, "echo", ("x",)))
    await step(room)
    assert someone.link.ended is not None and someone.link.ended[0] == 1002


@settings(max_examples=50)
@given(st.data())
def test_no_message_is_in_the_table_by_its_base_or_its_likeness(data: st.DataObject) -> None:
    """The table goes by the very class: what derives from an allowed message is none."""
    phase, rank = data.draw(st.sampled_from(Phase)), data.draw(st.sampled_from(Rank))
    stranger: Any = type("Stranger", (data.draw(st.sampled_from(list(EXAMPLES))),), {})
    assert stranger not in sayable(phase, rank)


async def _seated(rank: Rank, phase: Phase, room: Any) -> Seated:  # noqa: ANN401 - a Room
    someone = sit(room, role=ROLES.get(rank, Role.PLAYER), standing=Standing(rank=rank))
    if phase is Phase.MATCH:
        await step(room, 2)
    assert someone.link.ended is None
    assert someone.seat.joined is (phase is Phase.MATCH)
    return someone


def test_the_examples_are_sound() -> None:
    """So that a refusal above is the table's."""
    from gameserver.core.wire import decode_client, encode_client

    for message in EXAMPLES.values():
        try:
            assert type(decode_client(encode_client(message))) is type(message)
        except ProtocolError as error:  # pragma: no cover - says which
            pytest.fail(f"{message}: {error}")
