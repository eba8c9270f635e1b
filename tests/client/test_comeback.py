"""The Python client comes back: to its seat, with its events and its calls; and it knows when not to."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.backoff import FIRST_WAIT_SECONDS, LAST_WAIT_SECONDS
from gameclient.calls import SessionGone
from gameclient.client import Client
from gameclient.comeback import GIVE_UP_SECONDS, SESSION_ENDS
from gameclient.line import SILENCE_SECONDS, ClientClosed

from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.messages import Bye, Call, EventMessage, Hello, Inputs, Notice, NoticeCode, Ready, Reply, Role
from gameserver.core.wire import encode_server
from gameserver.maps import load_map
from gameserver.net.simulated import Toward, simulated_ports
from tests.client.scripted import URL, Script, World, converse_again, serve_scripts, stay
from tests.helpers import Push, Toy, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from trio.testing import MockClock

    from gameserver.net.simulated import SimNetwork, SimStream
    from gameserver.ports import Listener

ONE, TWO, THREE = (bytes([number]) * 16 for number in (1, 2, 3))
"""Tokens."""
REACTION_SECONDS = FIRST_WAIT_SECONDS + 0.01
"""From a loss to the next snapshot, where nothing takes time on its way."""


def event(sequence: int) -> bytes:
    whisper = [event.__name__ for event in Toy.events].index("Whisper")
    return encode_server(EventMessage(sequence, 1, whisper, (sequence,)))


def numbers(client: Client) -> list[int]:
    """Those of the reliable events that the client has."""
    return [event.number for name, _, event in client.events if name == "Whisper"]


def notice(code: NoticeCode) -> Callable[[Script], Awaitable[None]]:
    async def say(it: Script) -> None:
        await it.say(encode_server(Notice(code, f"it is {code.name}")))
        await it.websocket.aclose(code.close_code)

    return say


# -- how a line is lost -----------------------------------------------------------------------------------------------------
async def reset(it: Script) -> None:
    it.stream.connection.reset()


async def close_the_stream(it: Script) -> None:
    await it.stream.aclose()


async def fall_silent(it: Script) -> None:
    await trio.sleep(SILENCE_SECONDS + 1)


async def vanish(it: Script) -> None:
    it.stream.connection.blackhole(Toward.CLIENT)
    await it.go_on_hearing(SILENCE_SECONDS + 1)


async def close_without_a_word(it: Script) -> None:
    await it.websocket.aclose(1001)


async def break_the_crc(it: Script) -> None:
    fragments = it.fragments()
    fragments[0][5] ^= 1
    await it.say(it.snapshot(fragments))
    assert await it.end() == 1002


async def leave_an_event_out(it: Script) -> None:
    await it.say(event(9))
    assert await it.end() == 1002


async def talk_nonsense(it: Script) -> None:
    await it.say(b"\xc1")
    assert await it.end() == 1002


WAYS: dict[str, tuple[Callable[[Script], Awaitable[None]], type[Exception]]] = {
    "reset": (reset, ClientClosed),
    "the end of the stream": (close_the_stream, ClientClosed),
    "silence": (fall_silent, ClientClosed),
    "a black hole": (vanish, ClientClosed),
    "a close without notice": (close_without_a_word, ClientClosed),
    "too slow": (notice(NoticeCode.TOO_SLOW), ClientClosed),
    "idle": (notice(NoticeCode.IDLE), ClientClosed),
    "draining": (notice(NoticeCode.DRAINING), ClientClosed),
    "a wrong CRC": (break_the_crc, WorldMismatch),
    "a missing event": (leave_an_event_out, WorldMismatch),
    "nonsense": (talk_nonsense, ProtocolError),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_player_whose_line_is_lost_plays_on_in_his_seat(autojump_clock: MockClock, way: str) -> None:
    lose, kind = WAYS[way]
    losses: list[Exception] = []
    lost = trio.Event()
    hellos: list[Hello] = []

    async def first(it: Script) -> None:
        hellos.append(await it.let_in(ONE))
        await it.go_on(1.0)
        await lose(it)

    async def second(it: Script) -> None:
        hellos.append(await it.let_in(TWO))
        await it.go_on_hearing()

    def on_loss(error: Exception) -> None:
        losses.append(error)
        lost.set()

    async def play(client: Client) -> None:
        assert client.connected
        await lost.wait()
        assert trio.current_time() - 1.0 <= (SILENCE_SECONDS if way in ("silence", "a black hole") else 0.1)
        assert not client.connected
        before = client.replica.tick or 0
        began = trio.current_time()
        assert await client.next_snapshot() > before
        assert trio.current_time() - began <= REACTION_SECONDS
        assert client.connected
        assert client.player == 1
        assert [player.name for player in client.replica.players()] == ["ann"]
        await client.next_snapshot((client.replica.tick or 0) + 10)

    client = await converse_again(first, second, play=play, on_loss=on_loss)
    assert [hello.credential for hello in hellos] == [None, ONE]
    assert [type(error) for error in losses] == [kind]
    assert client.stats.losses == 1
    assert client.stats.world_mismatches == (kind is WorldMismatch)
    assert client.sessions == 1


@pytest.mark.parametrize("comes_back", [False, True])
async def test_only_who_comes_back_comes_back(autojump_clock: MockClock, comes_back: bool) -> None:
    losses: list[Exception] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await it.go_on(1.0)
        await break_the_crc(it)

    async def second(it: Script) -> None:
        await it.let_in(TWO)
        await notice(NoticeCode.KICKED)(it)

    with pytest.raises(ClientClosed if comes_back else WorldMismatch):
        await converse_again(first, second, comes_back=comes_back, on_loss=losses.append)
    assert len(losses) == comes_back


# -- tokens -----------------------------------------------------------------------------------------------------------------
async def test_the_newest_token_opens_the_seat_wherever_a_line_breaks(autojump_clock: MockClock) -> None:
    hellos: list[Hello] = []

    async def hear_hello(it: Script) -> None:
        hello = await it.hear()
        assert isinstance(hello, Hello)
        hellos.append(hello)

    async def play_a_while(it: Script) -> None:
        hellos.append(await it.let_in(ONE))
        await it.go_on(1.0)

    async def break_before_welcome(it: Script) -> None:
        await hear_hello(it)

    async def break_before_ready(it: Script) -> None:
        await hear_hello(it)
        await it.say(it.welcome(TWO))
        await trio.testing.wait_all_tasks_blocked()

    async def break_before_the_first_snapshot(it: Script) -> None:
        await hear_hello(it)
        await it.say(it.welcome(THREE))
        assert isinstance(await it.hear(), Ready)

    async def play_on(it: Script) -> None:
        hellos.append(await it.let_in(bytes(16)))
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await client.next_snapshot(40)

    client = await converse_again(
        play_a_while, break_before_welcome, break_before_ready, break_before_the_first_snapshot, play_on, play=play
    )
    assert [hello.credential for hello in hellos] == [None, ONE, ONE, TWO, THREE]
    assert client.stats.losses == 3, "a try that got no WELCOME had no line to lose"


async def test_a_first_line_that_breaks_before_welcome_is_an_error_at_once(autojump_clock: MockClock) -> None:
    async def first(it: Script) -> None:
        await it.hear()

    with pytest.raises(ClientClosed):
        await converse_again(first, stay_in)
    assert trio.current_time() < 2


async def test_nobody_there_at_first_is_an_error_at_once(autojump_clock: MockClock) -> None:
    with pytest.raises(ClientClosed, match="cannot reach"):
        await Client(URL, game="toy", name="ann", network=simulated_ports(1).network).run(stay)
    assert trio.current_time() == 0


@pytest.mark.parametrize("heard_ready", [False, True])
async def test_a_first_line_that_breaks_behind_welcome_is_followed_by_another(autojump_clock: MockClock, heard_ready: bool) -> None:
    async def first(it: Script) -> None:
        await it.hear()
        await it.say(it.welcome(ONE))
        if heard_ready:
            await it.hear()
        await trio.testing.wait_all_tasks_blocked()

    async def second(it: Script) -> None:
        hello = await it.let_in(TWO)
        assert hello.credential == ONE
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await client.next_snapshot(5)

    client = await converse_again(first, second, play=play)
    assert client.sessions == 1


async def stay_in(it: Script) -> None:
    await it.let_in(TWO)
    await it.go_on_hearing()


async def test_who_comes_back_as_somebody_else_has_met_a_wrong_server(autojump_clock: MockClock) -> None:
    losses: list[Exception] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)

    async def second(it: Script) -> None:
        await it.hear()
        await it.say(it.welcome(TWO, player=2))
        assert await it.end() == 1002

    async def third(it: Script) -> None:
        assert (await it.let_in(TWO)).credential == ONE
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await client.next_snapshot(5)
        assert client.player == 1

    await converse_again(first, second, third, play=play, on_loss=losses.append)
    assert [type(error) for error in losses] == [ClientClosed]


# -- events and calls -------------------------------------------------------------------------------------------------------
async def test_events_that_are_sent_again_are_had_once_and_in_order(autojump_clock: MockClock) -> None:
    acknowledged: list[int] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await it.say(event(1) + event(2) + event(3) + it.snapshot())
        await it.go_on(0.5)

    async def second(it: Script) -> None:
        assert isinstance(await it.hear(), Hello)
        await it.say(it.welcome(TWO))
        assert isinstance(await it.hear(), Ready)
        await it.say(event(2) + event(3) + event(4) + it.snapshot())
        await it.go_on_hearing(2.0)
        acknowledged.extend(message.ack_event for message in it.of(Inputs))
        await it.say(event(5) + it.snapshot())
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        while numbers(client)[-1:] != [5]:
            await client.next_snapshot()

    client = await converse_again(first, second, play=play)
    assert numbers(client) == [1, 2, 3, 4, 5]
    assert set(acknowledged) == {4}


async def test_calls_are_said_again_with_their_numbers_until_they_are_answered(autojump_clock: MockClock) -> None:
    """One is answered before the loss, two are not, one is made while there is no line."""
    said: list[Call] = []
    answers: dict[str, Any] = {}

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        assert (await it.hear_a(Call)).number == 1
        await it.say(encode_server(Reply(1, True, "one")) + it.snapshot())
        await it.hear_a(Call)
        await it.hear_a(Call)

    async def second(it: Script) -> None:
        await it.let_in(TWO)
        while len(said) < 3:
            said.append(await it.hear_a(Call))
        again = encode_server(Reply(1, True, "said again"))
        replies = [encode_server(Reply(call.number, True, call.arguments[0])) for call in said]  # type: ignore[arg-type] # a str
        await it.say(again + b"".join(replies) + it.snapshot())
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        answers["one"] = await client.call("echo", "one")

        async def ask(word: str) -> None:
            answers[word] = await client.call("echo", word)

        async with trio.open_nursery() as nursery:
            for word in ("two", "three"):
                nursery.start_soon(ask, word)
                await trio.testing.wait_all_tasks_blocked()
            await trio.sleep(0.01)
            assert not client.connected
            nursery.start_soon(ask, "four")

    await converse_again(first, second, play=play)
    assert [(call.number, call.arguments) for call in said] == [(2, ("two",)), (3, ("three",)), (4, ("four",))]
    assert answers == {word: word for word in ("one", "two", "three", "four")}


async def test_many_calls_that_waited_are_not_said_all_at_once(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:
        answers: list[str] = []

        async def play(client: Client) -> None:
            host.network.connections[0].reset()
            await trio.sleep(0.01)

            async def ask(number: int) -> None:
                answers.append(await client.call("echo", str(number)))

            async with trio.open_nursery() as nursery:
                await client.next_snapshot()
                for number in range(30):
                    nursery.start_soon(ask, number)

        await Client(URL, game="toy", name="ann", network=host.network, rng=random.Random(1)).run(play)
        assert sorted(answers, key=int) == [str(number) for number in range(30)]


# -- inputs -----------------------------------------------------------------------------------------------------------------
async def test_inputs_are_not_sent_without_a_line_and_go_on_above_those_of_before(autojump_clock: MockClock) -> None:
    sent: list[list[Inputs]] = []
    lost = trio.Event()

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await it.go_on_hearing(1.0)
        sent.append([message for message in it.of(Inputs) if message.values])

    async def second(it: Script) -> None:
        await it.let_in(TWO)
        await it.go_on_hearing(1.0)
        sent.append([message for message in it.of(Inputs) if message.values])
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        ticks = []
        await client.send_input(15, Push(right=1), 16)
        await client.next_snapshot(15)
        await lost.wait()
        began = trio.current_time()
        await client.send_input(client.next_input_tick(), Push(right=-1))
        assert trio.current_time() == began
        assert not client.connected
        assert await client.next_snapshot() < 30
        for _ in range(5):
            ticks.append(client.next_input_tick())
            await client.send_input(ticks[-1], Push(jump=True))
            await client.next_snapshot()
        assert ticks == [31, 32, 33, 34, 35]
        await trio.sleep(2)

    await converse_again(first, second, play=play, on_loss=lambda error: lost.set())
    assert [message.values for message in sent[0]] == [16 * (1, 0)]
    assert [(message.first_tick, message.values) for message in sent[1]] == [(tick, (0, 1)) for tick in (31, 32, 33, 34, 35)]


async def test_every_snapshot_is_acknowledged_while_they_come_seldom(autojump_clock: MockClock) -> None:
    """And on a new line the rate is 1 again, whatever it was."""
    acknowledged: list[list[int | None]] = []

    async def hear_acknowledgements(it: Script) -> None:
        await it.go_on_hearing(0.4)
        acknowledged.append([message.ack_tick for message in it.of(Inputs)])
        it.heard.clear()

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await hear_acknowledgements(it)
        await it.say(it.snapshot(control=((), 2, None, ())))
        await hear_acknowledgements(it)
        await it.say(it.snapshot(control=((), 1, None, ())))
        await hear_acknowledgements(it)
        await it.say(it.snapshot(control=((), 4, None, ())))
        await it.go_on_hearing(0.1)

    async def second(it: Script) -> None:
        await it.let_in(TWO)
        await hear_acknowledgements(it)
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await client.next_snapshot(45)

    await converse_again(first, second, play=play)
    assert [len(ticks) for ticks in acknowledged] == [2, 9, 2, 2]


async def test_the_map_that_is_there_is_not_loaded_again(autojump_clock: MockClock) -> None:
    class Walled(Toy):
        name = "walled"
        uses_map = True
        default_map = "tiny"

    async with serving(Walled, maps={"tiny": load_map("tiny")}, rooms=["toy1"]) as host:

        async def play(client: Client) -> None:
            before = client.map
            assert before is not None
            host.network.connections[0].reset()
            await client.next_snapshot((client.replica.tick or 0) + 10)
            assert client.map is before
            assert (client.stats.losses, client.sessions) == (1, 1)

        await Client(URL, game="walled", name="ann", network=host.network, rng=random.Random(1)).run(play)


# -- when the seat is gone --------------------------------------------------------------------------------------------------
async def test_a_seat_that_is_gone_is_followed_by_another(autojump_clock: MockClock) -> None:
    hellos: list[Hello] = []
    outcomes: list[str] = []

    async def first(it: Script) -> None:
        hellos.append(await it.let_in(ONE))
        await it.say(event(1) + it.snapshot())
        await it.go_on(2.0)

    async def gone(it: Script) -> None:
        hello = await it.hear()
        assert isinstance(hello, Hello)
        hellos.append(hello)
        await notice(NoticeCode.SESSION_GONE)(it)

    async def anew(it: Script) -> None:
        hellos.append(await it.let_in(TWO, player=2))
        await it.say(event(1) + it.snapshot())
        assert (await it.hear_a(Call)).arguments == ("again",)
        await it.say(encode_server(Reply(2, True, "yes")) + it.snapshot())
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        with pytest.raises(SessionGone, match="SESSION_GONE"):
            await client.call("echo", "x")
        outcomes.append("told")
        assert not client.connected
        assert await client.next_snapshot(1_000) == 1, "another room may be at any tick"
        assert (client.player, client.sessions) == (2, 2)
        assert client.next_input_tick() < 10
        assert await client.call("echo", "again") == "yes"
        outcomes.append("again")

    client = await converse_again(first, gone, anew, play=play, credential="ticket", worlds=[World() for _ in range(3)])
    assert [hello.credential for hello in hellos] == ["ticket", ONE, "ticket"]
    assert outcomes == ["told", "again"]
    assert numbers(client) == [1, 1], "its sequence begins anew"


async def test_a_new_seat_whose_first_line_breaks_before_a_snapshot_is_not_measured_by_the_world_before(
    autojump_clock: MockClock,
) -> None:
    """Another world may be at any tick; what the client knows is of the one that is gone."""
    hellos: list[Hello] = []

    async def first(it: Script) -> None:
        hellos.append(await it.let_in(ONE))
        await it.say(it.snapshot())
        await it.go_on(2.0)

    async def gone(it: Script) -> None:
        assert isinstance(await it.hear(), Hello)
        await notice(NoticeCode.SESSION_GONE)(it)

    async def anew(it: Script) -> None:
        hellos.append(await it.let_in(TWO))
        it.stream.connection.reset()

    async def resumed(it: Script) -> None:
        hellos.append(await it.let_in(THREE))
        await it.say(it.snapshot())
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        assert await client.next_snapshot(1_000) == 1
        assert (client.sessions, client.stats.losses) == (2, 2)
        await client.next_snapshot()

    await converse_again(first, gone, anew, resumed, play=play, worlds=[World() for _ in range(4)])
    assert [hello.credential for hello in hellos] == [None, None, TWO]


async def test_a_spectator_has_no_seat_and_joins_anew(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:

        async def play(client: Client) -> None:
            host.network.connections[0].reset()
            before = client.replica.tick or 0
            await client.next_snapshot(before + 20)
            assert (client.player, client.sessions, client.stats.losses) == (0, 2, 1)

        await Client(URL, game="toy", name="ann", network=host.network, role=Role.SPECTATOR).run(play)


@pytest.mark.parametrize("code", [*sorted(SESSION_ENDS), NoticeCode.REPLACED])
async def test_who_is_told_to_go_does_not_come_back(autojump_clock: MockClock, code: NoticeCode) -> None:
    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await it.go_on(1.0)
        await notice(code)(it)

    with pytest.raises(ClientClosed, match=code.name) as closed:
        await converse_again(first, stay_in)
    assert closed.value.notice == Notice(code, f"it is {code.name}")
    assert trio.current_time() < 2


async def test_a_room_that_is_full_is_an_error_at_first_but_not_for_who_has_been_in(autojump_clock: MockClock) -> None:
    async def turn_away(it: Script) -> None:
        await it.hear()
        await notice(NoticeCode.FULL)(it)

    with pytest.raises(ClientClosed, match="FULL"):
        await converse_again(turn_away, stay_in, patient=True)

    async def first(it: Script) -> None:
        await it.let_in(ONE)

    async def play(client: Client) -> None:
        await client.next_snapshot(5)

    await converse_again(first, turn_away, stay_in, play=play)


async def test_who_is_patient_waits_for_a_server_and_joins_anew_when_sent_away(autojump_clock: MockClock) -> None:
    network = simulated_ports(1).network
    client = Client(URL, game="toy", name="ann", network=network, patient=True, rng=random.Random(1))

    async def first(it: Script) -> None:
        assert 10 <= trio.current_time() <= 10 + LAST_WAIT_SECONDS
        await it.let_in(ONE)
        await notice(NoticeCode.CLOSED)(it)

    async def second(it: Script) -> None:
        assert (await it.let_in(TWO)).credential is None
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await client.next_snapshot(5)
        assert client.sessions == 2
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.run, play)
        await trio.sleep(10)
        nursery.start_soon(serve_scripts, network, [first, second])
    assert client.sessions == 2


async def test_who_is_told_that_the_server_restarts_joins_anew_when_he_was_asked_to(autojump_clock: MockClock) -> None:
    """Also who hears it before he was let in, and though the server is not there at first."""
    times: list[float] = []
    hellos: list[Hello] = []

    async def restart(it: Script, detail: int) -> None:
        await it.say(encode_server(Notice(NoticeCode.RESTARTING, "it restarts", detail)))
        await it.websocket.aclose(1012)
        times.append(trio.current_time())

    async def turn_away(it: Script) -> None:
        await it.hear()
        await restart(it, 7)

    async def be_away(it: Script) -> None:
        times.append(trio.current_time())
        await reset(it)

    async def let_in_and_restart(it: Script) -> None:
        hellos.append(await it.let_in(ONE))
        await it.go_on(1.0)
        await restart(it, 100)

    async def let_in(it: Script) -> None:
        times.append(trio.current_time())
        hellos.append(await it.let_in(TWO))
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        while client.sessions < 2:
            await client.next_snapshot()

    scripts = (turn_away, be_away, let_in_and_restart, let_in)
    client = await converse_again(*scripts, play=play, worlds=[World() for _ in scripts], give_up_seconds=20)
    assert [hello.credential for hello in hellos] == [None, None]
    told, tried, told_again, came = times
    assert 7 <= tried - told < 8
    assert 100 <= came - told_again < 101, "who does as he is asked has not given up meanwhile"
    assert client.stats.losses == 1


async def test_who_does_not_come_back_is_told_that_the_server_restarts(autojump_clock: MockClock) -> None:
    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await notice(NoticeCode.RESTARTING)(it)

    with pytest.raises(ClientClosed, match="RESTARTING"):
        await converse_again(first, comes_back=False)


# -- waiting ----------------------------------------------------------------------------------------------------------------
class Logged:
    """A network that remembers when somebody tried to connect."""

    def __init__(self, network: SimNetwork) -> None:
        self.inner = network
        self.tries: list[float] = []

    async def connect(self, host: str, port: int) -> SimStream:
        self.tries.append(trio.current_time())
        return await self.inner.connect(host, port)

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        return await self.inner.listen(host, port)


async def test_waits_grow_while_nobody_answers_and_begin_anew_after_a_line_that_held(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:
        network = Logged(host.network)

        async def play(client: Client) -> None:
            for held in (0.1, LAST_WAIT_SECONDS + 1):
                await trio.sleep(held)
                host.network.partition(True)
                host.network.connections[0].reset()
                await trio.sleep(9)
                host.network.partition(False)
                await client.next_snapshot()

        began = trio.current_time()
        await Client(URL, game="toy", name="ann", network=network, rng=random.Random(5)).run(play)
        waits = [late - early for early, late in pairwise(network.tries)]
        expected = [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
        for wait, most in zip(waits[1:6], expected[1:], strict=False):
            assert most / 2 <= wait <= most
        again = next(number for number, tried in enumerate(network.tries) if tried > began + 9 + LAST_WAIT_SECONDS + 1.1)
        assert network.tries[again + 1] - network.tries[again] <= 0.5, "the waits are short again"
        assert len(network.tries) > 12


async def test_a_line_that_breaks_at_once_again_and_again_is_tried_for_less_and_less_often(autojump_clock: MockClock) -> None:
    tried: list[float] = []

    async def first(it: Script) -> None:
        tried.append(trio.current_time())
        await it.let_in(ONE)
        await reset(it)

    async def play(client: Client) -> None:
        await stay(client)

    with pytest.raises(ClientClosed):
        await converse_again(*10 * [first], notice(NoticeCode.KICKED), play=play)
    waits = [late - early for early, late in pairwise(tried)]
    assert waits[0] < FIRST_WAIT_SECONDS + 0.1
    assert min(waits[4:]) >= LAST_WAIT_SECONDS / 2


@pytest.mark.parametrize("give_up_seconds", [GIVE_UP_SECONDS, 3.0])
@pytest.mark.parametrize("hangs", [False, True])
async def test_it_is_given_up_in_the_end(autojump_clock: MockClock, give_up_seconds: float, hangs: bool) -> None:
    """Whether nobody answers or a server takes connections and says nothing."""
    lost_at: list[float] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)
        await it.go_on(1.0)
        lost_at.append(trio.current_time())

    async def say_nothing(it: Script) -> None:
        await trio.sleep_forever()

    with pytest.raises(ClientClosed, match=f"no line for {give_up_seconds:g} s"):
        await converse_again(first, *(50 * [say_nothing] if hangs else []), give_up_seconds=give_up_seconds)
    assert trio.current_time() - lost_at[0] == pytest.approx(give_up_seconds + 0.5, abs=0.01), "the half is the test's own"


async def test_calls_that_wait_are_told_when_it_is_given_up(autojump_clock: MockClock) -> None:
    outcomes: list[str] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)

    async def play(client: Client) -> None:
        try:
            await client.call("echo", "x")
        except ClientClosed:
            outcomes.append("told")
            raise

    with pytest.raises(ClientClosed, match="no line"):
        await converse_again(first, play=play)
    assert outcomes in ([], ["told"]), "cancelled or told"


# -- the end ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("moment", ["waiting", "connecting", "upgrading", "joining", "playing"])
async def test_a_cancellation_ends_it_at_once_and_leaves_nothing(autojump_clock: MockClock, moment: str) -> None:
    async def first(it: Script) -> None:
        await it.let_in(ONE)
        if moment == "playing":
            await it.go_on_hearing()

    async def second(it: Script) -> None:
        if moment == "joining":
            await it.hear()
            await it.say(it.welcome(TWO))
        await trio.sleep_forever()

    network = simulated_ports(1).network
    client = Client(URL, game="toy", name="ann", network=network, rng=random.Random(1))
    tasks = trio.lowlevel.current_statistics().tasks_living
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [first, *([second] if moment == "joining" else [])])
        if moment == "upgrading":
            nursery.start_soon(trio.sleep_forever)
        with trio.move_on_after(0.1 if moment == "waiting" else 2.0) as scope:
            await client.run(stay)
        assert scope.cancelled_caught
        assert trio.current_time() == (0.1 if moment == "waiting" else 2.0)
        nursery.cancel_scope.cancel()
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    assert network.connections == []
    with pytest.raises(ClientClosed):
        await client.next_snapshot()
    with pytest.raises(ClientClosed):
        await client.send_input(1, Push())
    with pytest.raises(ClientClosed):
        await client.call("echo", "x")


@pytest.mark.parametrize("closes", [False, True])
async def test_who_has_played_enough_while_there_is_no_line_just_goes(autojump_clock: MockClock, closes: bool) -> None:
    lost = trio.Event()

    async def first(it: Script) -> None:
        await it.let_in(ONE)

    async def play(client: Client) -> None:
        await lost.wait()
        if closes:
            await client.close()
            pytest.fail("closed, and yet it plays on")

    await converse_again(first, play=play, on_loss=lambda error: lost.set())
    assert trio.current_time() < 1


async def test_a_goodbye_is_said_on_the_line_of_the_day(autojump_clock: MockClock) -> None:
    ends: list[object] = []

    async def first(it: Script) -> None:
        await it.let_in(ONE)

    async def second(it: Script) -> None:
        await it.let_in(TWO)
        ends.append(await it.end())
        ends.append(it.heard[-1])

    async def play(client: Client) -> None:
        await client.next_snapshot()

    client = await converse_again(first, second, play=play)
    assert ends == [1000, Bye()]
    assert client.stats.losses == 1
