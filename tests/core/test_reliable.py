"""What is owed arrives once and in order, whatever is lost, refused, acknowledged or forged; and it never grows for ever."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gameserver.core.limits import RELIABLE_BYTES, RELIABLE_MESSAGES
from gameserver.core.messages import EventMessage, Reply
from gameserver.core.reliable import Reliable
from gameserver.core.wire import decode_server, encode_server
from tests.sizes import sized


def event(number: int) -> EventMessage:
    return EventMessage(0, number, 0, (number,))


def said(reliable: Reliable) -> list[EventMessage | Reply]:
    """What the next frame must bring."""
    messages = [message for data in reliable.unsent() for message in decode_server(data)]
    assert all(isinstance(message, EventMessage | Reply) for message in messages)
    return messages  # type: ignore[return-value] # just checked


def sequences(reliable: Reliable) -> list[int]:
    return [message.sequence for message in said(reliable) if isinstance(message, EventMessage)]


# -- single rules ------------------------------------------------------------------------------------------------------------
def test_events_are_numbered_from_one_and_replies_keep_their_place() -> None:
    reliable = Reliable()
    reliable.add_event(event(10))
    reliable.add_reply(Reply(5, True, "x"))
    reliable.add_event(event(11))
    assert said(reliable) == [EventMessage(1, 10, 0, (10,)), Reply(5, True, "x"), EventMessage(2, 11, 0, (11,))]
    assert reliable.last_event == 2


def test_what_went_out_is_not_said_again_on_this_line_and_all_of_it_on_the_next() -> None:
    reliable = Reliable()
    for number in (1, 2):
        reliable.add_event(event(number))
    reliable.sent(1)
    assert not reliable.unsent()
    reliable.add_event(event(3))
    assert sequences(reliable) == [3]
    reliable.begin_line()
    assert sequences(reliable) == [1, 2, 3]


@pytest.mark.parametrize(
    ("tick", "acknowledged", "left"),
    [
        (5, 0, [2, 3]),
        (6, 0, []),
        (2**53, 0, []),
        (4, 0, [1, 2, 3]),
        (4, 1, [2, 3]),
        (4, 2, [3]),
        (4, 2**53, []),
        (-1, -1, [1, 2, 3]),
        (5, 1, [2, 3]),
    ],
)
def test_a_tick_or_a_sequence_acknowledges_what_came_up_to_it(tick: int, acknowledged: int, left: list[int]) -> None:
    reliable = Reliable()
    reliable.add_event(event(1))
    reliable.sent(5)
    reliable.add_event(event(2))
    reliable.add_event(event(3))
    reliable.sent(6)
    reliable.acknowledge(tick, acknowledged)
    reliable.begin_line()
    assert sequences(reliable) == left


def test_nobody_acknowledges_what_he_was_not_told_on_this_line() -> None:
    """Not even what he was told on the last one: there it may have been lost."""
    reliable = Reliable()
    reliable.add_event(event(1))
    reliable.acknowledge(2**53, 2**53)
    assert sequences(reliable) == [1]
    reliable.sent(1)
    reliable.begin_line()
    reliable.acknowledge(1, 1)
    assert sequences(reliable) == [1]


def test_a_reply_goes_with_its_snapshot_and_with_no_event_that_came_before_it() -> None:
    reliable = Reliable()
    reliable.add_event(event(1))
    reliable.add_reply(Reply(1, True, None))
    reliable.add_event(event(2))
    reliable.sent(3)
    reliable.acknowledge(2, 1)
    reliable.begin_line()
    assert said(reliable) == [Reply(1, True, None), EventMessage(2, 2, 0, (2,))]
    reliable.sent(4)
    reliable.acknowledge(4, 1)
    assert not reliable.unsent()


def test_the_limit_of_messages_is_exact_and_what_is_acknowledged_makes_room() -> None:
    reliable = Reliable()
    for number in range(RELIABLE_MESSAGES):
        reliable.add_event(event(number))
        assert not reliable.overflown
    reliable.sent(1)
    reliable.acknowledge(1, 0)
    for number in range(RELIABLE_MESSAGES):
        reliable.add_reply(Reply(number + 1, True, None))
        assert not reliable.overflown
    reliable.add_event(event(0))
    assert reliable.overflown


def test_the_limit_of_bytes_is_exact() -> None:
    def reply(size: int) -> Reply:
        made = Reply(1, True, "x" * (size - len(encode_server(Reply(1, True, "x" * 300))) + 300))
        assert len(encode_server(made)) == size
        return made

    reliable = Reliable()
    for _ in range(64):
        reliable.add_reply(reply(RELIABLE_BYTES // 64))
    assert not reliable.overflown
    reliable.add_reply(Reply(1, True, None))
    assert reliable.overflown
    reliable.sent(1)
    reliable.acknowledge(1, 0)
    assert not reliable.overflown
    for _ in range(64):
        reliable.add_reply(reply(RELIABLE_BYTES // 64))
    assert not reliable.overflown, "not a byte of the old ones is counted"


# -- a model -----------------------------------------------------------------------------------------------------------------
@attrs.define
class Frame:
    """On its way to the client."""

    tick: int
    messages: list[EventMessage | Reply]


class Conversation(RuleBasedStateMachine):
    """A server that owes, a line that loses its tail when it is cut, and a client as docs/protocol.md has it."""

    def __init__(self) -> None:
        super().__init__()
        self.reliable = Reliable()
        self.tick = 0
        self.events = 0
        self.replies = 0
        self.on_the_way: list[Frame] = []
        self.got_events: list[int] = []
        self.got_replies: list[int] = []
        self.got_tick = 0
        """On this line."""

    @rule(count=st.integers(1, 5))
    def owe_events(self, count: int) -> None:
        for _ in range(count):
            self.events += 1
            self.reliable.add_event(event(self.events))

    @rule()
    def owe_a_reply(self) -> None:
        self.replies += 1
        self.reliable.add_reply(Reply(self.replies, True, self.replies))

    @rule()
    def send(self) -> None:
        self.tick += 1
        self.on_the_way.append(Frame(self.tick, said(self.reliable)))
        self.reliable.sent(self.tick)

    @rule()
    def be_refused(self) -> None:
        """The line takes nothing: asking again gives the same."""
        self.tick += 1
        assert said(self.reliable) == said(self.reliable)

    @rule(frames=st.integers(1, 4))
    def arrive(self, frames: int) -> None:
        for frame in self.on_the_way[:frames]:
            for message in frame.messages:
                if isinstance(message, EventMessage):
                    if message.sequence > len(self.got_events):
                        self.got_events.append(message.sequence)
                elif message.number not in self.got_replies:
                    self.got_replies.append(message.number)
            self.got_tick = frame.tick
        del self.on_the_way[:frames]

    @rule()
    def acknowledge(self) -> None:
        if self.got_tick:
            self.reliable.acknowledge(self.got_tick, len(self.got_events))

    @rule(back=st.integers(0, 5), behind=st.integers(0, 5))
    def acknowledge_late(self, back: int, behind: int) -> None:
        """What was said before, again."""
        if self.got_tick:
            self.reliable.acknowledge(self.got_tick - back, max(0, len(self.got_events) - behind))

    @rule()
    def be_cut(self) -> None:
        self.on_the_way.clear()
        self.got_tick = 0
        self.reliable.begin_line()

    @invariant()
    def each_once_and_in_order(self) -> None:
        assert self.got_events == list(range(1, len(self.got_events) + 1))
        assert self.got_replies == list(range(1, len(self.got_replies) + 1))

    @invariant()
    def nothing_leaks(self) -> None:
        owed = list(self.reliable._owed)
        assert self.reliable._bytes == sum(len(entry.data) for entry in owed)
        assert 0 <= self.reliable._sent <= len(owed)
        assert len(owed) >= self.events - len(self.got_events), "what he does not have is owed"

    def teardown(self) -> None:
        """In the end a line holds."""
        self.be_cut()
        self.send()
        self.arrive(1)
        self.acknowledge()
        assert self.got_events == list(range(1, self.events + 1))
        assert self.got_replies == list(range(1, self.replies + 1))
        assert (len(self.reliable._owed), self.reliable._bytes) == (0, 0)


class Forgery(RuleBasedStateMachine):
    """A client that acknowledges anything at all: it can lose what it was sent, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.reliable = Reliable()
        self.tick = 0
        self.sent_up_to = 0

    @rule()
    def owe(self) -> None:
        self.reliable.add_event(event(0))

    @rule()
    def send(self) -> None:
        self.tick += 1
        self.reliable.sent(self.tick)
        self.sent_up_to = self.reliable.last_event

    @rule(tick=st.integers(-(2**53), 2**53), number=st.integers(-(2**53), 2**53))
    def forge(self, tick: int, number: int) -> None:
        self.reliable.acknowledge(tick, number)

    @rule()
    def be_cut(self) -> None:
        self.reliable.begin_line()
        left = sequences(self.reliable)
        self.sent_up_to = left[0] - 1 if left else self.sent_up_to

    @invariant()
    def what_was_not_sent_is_owed_without_a_gap(self) -> None:
        owed = [entry.sequence for entry in self.reliable._owed]
        assert owed == list(range(self.reliable.last_event - len(owed) + 1, self.reliable.last_event + 1))
        assert set(range(self.sent_up_to + 1, self.reliable.last_event + 1)) <= set(owed)


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=sized(150, 60), stateful_step_count=60)
TestForgery = Forgery.TestCase
TestForgery.settings = settings(max_examples=80, stateful_step_count=50)
