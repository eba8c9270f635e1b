"""A player, or a spectator, of one room: the client's half of docs/protocol.md, on as many lines as it takes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, TypeVarTuple

import attrs
import trio

from gameclient.address import parse_url
from gameclient.calls import Calls, SessionGone
from gameclient.comeback import GIVE_UP_SECONDS, Comeback
from gameclient.line import ClientClosed as ClientClosed
from gameclient.line import Line
from gameclient.sight import Sight
from gameserver.core.errors import GameError, ProtocolError, Refused, WorldMismatch
from gameserver.core.limits import ACK_EVERY, PROTOCOL, SUBTICKS
from gameserver.core.messages import EventMessage, Hello, Inputs, Notice, Pong, Ready, Reply, Role, Snapshot, Welcome
from gameserver.net.real import TcpNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameserver.core.messages import ServerMessage
    from gameserver.ports import Network

Ts = TypeVarTuple("Ts")


class Client(Sight):
    """Plays in one room, and comes back to its seat when a line is lost. Everything but `run` is for what `run` runs: the first
    snapshot is there by then.

    Without a line the world stands still: `next_snapshot` takes longer, inputs are not sent, calls wait and are carried out once.
    If the server has given the seat away meanwhile, the client joins anew (`sessions` tells): as another player, in another world.

    Attributes:
        notice: what the server said last: why it ended the line, or that it will (NoticeCode.DRAINING). None: nothing yet.
        view_tick: which tick, with its fraction, is on the player's screen, for who draws between snapshots: it goes with each
            input, and shots are judged by it. None: the newest snapshot.
    """

    def __init__(
        self,
        url: str,
        *,
        game: str,
        name: str,
        network: Network | None = None,
        credential: str | bytes | Callable[[], Awaitable[str]] | None = None,
        role: Role = Role.PLAYER,
        comes_back: bool = True,
        patient: bool = False,
        give_up_seconds: float = GIVE_UP_SECONDS,
        on_loss: Callable[[Exception], None] = lambda error: None,
        rng: random.Random | None = None,
    ) -> None:
        """`credential`: a join ticket; or what gets a new one, called before each line on which it joins as somebody new, since a
        ticket opens once. What that raises ends `run`. `comes_back`: false: the first loss ends `run`. `patient`: tries again, and
        joins anew, where others stop: when nobody answers at first, when kicked, when the room has closed. `give_up_seconds`: how
        long to be without a line. `on_loss` is told why a line was lost that another shall follow. `rng` spreads the tries.

        Raises ValueError for a URL that names no room.
        """
        super().__init__()
        self._address = parse_url(url)
        if not self._address.room:
            raise ValueError(f"{url!r} names no room: add /ws/ROOM")
        self._new_ticket = credential if callable(credential) else None
        self._hello = Hello(PROTOCOL, game, self._address.room, None if callable(credential) else credential, role, name)
        self._network = network if network is not None else TcpNetwork()
        rng = rng if rng is not None else random.Random()
        self._comeback = Comeback(rng, comes_back=comes_back, patient=patient, give_up_seconds=give_up_seconds)
        self._on_loss = on_loss
        self.notice: Notice | None = None
        self.view_tick: float | None = None
        self._calls = Calls()
        self._scope = trio.CancelScope()
        self._patience = trio.CancelScope()
        """Ends when it is time to give up."""
        self._over = False
        self._failure: Exception | None = None
        self._begun = trio.Event()
        self._arrived = trio.lowlevel.ParkingLot()
        self._waited_for = 0
        """The lowest tick that anybody in `_arrived` waits for."""
        self._token: bytes | None = None
        """Opens our seat; None: we join as somebody new."""
        self._anew = False
        """We have, and no snapshot has come since."""
        self._line: Line | None = None
        self._to_say = trio.lowlevel.ParkingLot()
        """Where `_speak` waits for something to say."""
        self._unacknowledged = 0
        """Snapshots of this line since the last acknowledgement."""

    @property
    def name(self) -> str:
        """What we are called."""
        return self._hello.name

    @property
    def room(self) -> str:
        """The name of the room."""
        return self._address.room

    @property
    def connected(self) -> bool:
        """Is there a line on which the match is on?"""
        return self._line is not None and self._line.is_open

    # -- lines -------------------------------------------------------------------------------------------------------------
    async def run(self, play: Callable[[Client], Awaitable[object]]) -> None:
        """Connect, join, then run `play(self)`; when it returns, say goodbye.

        Raises ClientClosed if there was no line to begin with, or if one was lost and is not to come back, or did not in time;
        whatever `play` raises; and for who does not come back, WorldMismatch or ProtocolError if the server sent what it may not.
        """
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._first_failure, self._hold_a_line)
                    nursery.start_soon(self._first_failure, self._play, play)
        finally:
            self._finish()
        if self._failure is not None:
            raise self._failure

    async def _first_failure(self, function: Callable[[*Ts], Awaitable[object]], *arguments: *Ts) -> None:
        """Run one of the two halves; when it ends, so does the other. The first error is kept for `run` to raise."""
        try:
            await function(*arguments)
        except Exception as error:
            self._failure = self._failure or error
        self._finish()
        self._scope.cancel()

    def _finish(self) -> None:
        self._over = True
        self._arrived.unpark_all()
        self._calls.end(ClientClosed("the line is closed", self.notice))

    async def _play(self, play: Callable[[Client], Awaitable[object]]) -> None:
        await self._begun.wait()
        await play(self)
        await self.close()

    async def close(self) -> None:
        """Say goodbye and end `run`, and with it whoever called this."""
        if self._line is not None:
            await self._line.close()
        self._scope.cancel()
        await trio.lowlevel.checkpoint()

    async def _hold_a_line(self) -> None:
        """Open lines, one after the other, until one ends with a goodbye. Raises what ends the last."""
        wait = 0.0
        while True:
            with trio.CancelScope(deadline=self._comeback.deadline) as self._patience:
                await trio.sleep(wait)
                if self._token is None and self._new_ticket is not None:
                    self._hello = attrs.evolve(self._hello, credential=await self._new_ticket())
                self._line = line = Line(self._network, self._address, self._take, self.stats)
                try:
                    await line.run(self._speak)
                    return
                except (ClientClosed, ProtocolError, WorldMismatch) as error:
                    self._lose(line, error)
            if self._patience.cancelled_caught:
                raise self._comeback.given_up()
            wait = self._comeback.wait_seconds()

    def _lose(self, line: Line, error: Exception) -> None:
        """This line has ended. Raises the error if no other shall follow."""
        self.stats.losses += line.welcomed.is_set()
        self.stats.world_mismatches += isinstance(error, WorldMismatch)
        keeps_seat = self._comeback.keeps_seat(error, trio.current_time())
        if not keeps_seat or self._token is None:
            self._token = None
            self._calls.fail(SessionGone(f"the seat is gone: {error}"))
        if line.welcomed.is_set():
            self._on_loss(error)

    async def _speak(self, line: Line) -> None:
        """Our half of a line's conversation, but for inputs with anything in them: HELLO, READY, calls, acknowledgements."""
        comes_back = self._token is not None
        await line.say(self._hello if not comes_back else attrs.evolve(self._hello, credential=self._token))
        if not comes_back:
            await line.welcomed.wait()
        await line.say(Ready(self.map.sha256 if self.map is not None else None))  # who comes back has the map: a round trip less
        await line.joined.wait()
        said = 0
        while True:
            calls = self._calls.to_say(above=said)
            for call in calls:
                await line.say(call)
                said = call.number
            if self._unacknowledged >= self._acknowledge_every():
                await self._say_inputs(line, 0, ())
            elif not calls:
                await self._to_say.park()

    def _acknowledge_every(self) -> int:
        return ACK_EVERY if self._rate == 1 else 1

    # -- what comes --------------------------------------------------------------------------------------------------------
    def _take(self, message: ServerMessage, now: float) -> None:
        match message:
            case Snapshot():
                self._take_snapshot(message, now)
            case Pong():
                self._take_pong(message, now)
            case EventMessage():
                self._happenings.take(message, self.schema)
            case Reply():
                self._calls.take(message)
                self._to_say.unpark_all()
            case Notice():
                self.notice = message
            case Welcome():
                self._take_welcome(message, resumed=self._token is not None)
                self._anew = self._anew or self._token is None
                self._token = message.resume
                self.notice = None
                self._comeback.let_in()

    def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
        super()._take_snapshot(snapshot, now)
        assert self._line is not None
        if not self._line.joined.is_set():
            self._line.joined.set()
            self._unacknowledged = 0
            self._comeback.opened(now)
            self._patience.deadline = float("inf")
            self._begun.set()
        self._unacknowledged += 1
        if self._unacknowledged >= self._acknowledge_every():
            self._to_say.unpark_all()
        if self._anew or snapshot.tick >= self._waited_for:
            self._anew = False
            self._arrived.unpark_all()

    def _take_pong(self, pong: Pong, now: float) -> None:
        assert self._line is not None
        sent_at = self._line.answered(pong)
        self.stats.round_trips.append(self.clock.add(sent_at, now, pong.tick, pong.into_tick / 1e6, pong.held / 1e6))

    # -- what a user does --------------------------------------------------------------------------------------------------
    async def next_snapshot(self, at_least: int = 0) -> int:
        """Wait for the next snapshot of this tick or a later one, or for the first of another session; returns its tick.

        Raises ClientClosed when none will come.
        """
        if not self._over:
            self._waited_for = min(self._waited_for, at_least) if self._arrived else at_least
            await self._arrived.park()
        if self._over or self.replica.tick is None:
            raise ClientClosed("the line is closed", self.notice)
        return self.replica.tick

    def next_input_tick(self) -> int:
        """The first tick for which an input that is sent now arrives in time, by the room's clock and the margin it reports. Who
        sends one for every tick waits for `next_turn` instead: snapshots come out of step.
        """
        return self.next_input_ticks(1).start

    def next_input_ticks(self, ticks: int) -> range:
        """The same for an input that holds for so many ticks: the first and those behind it, fewer where they were too early."""
        return self._stamps.next(self.clock, trio.current_time(), ticks)

    async def next_turn(self) -> int:
        """Wait until the input for the next tick is to be made, and return that tick: for who sends one for every tick. Each comes
        as late as it still arrives in time; where that is over already, it is not waited for, and ticks that were missed are passed
        over. Without a line time stands still. Send it before anything else is awaited: a tick means another moment when the room
        has lost time.

        Raises ClientClosed when there will be no line any more.
        """
        while True:
            await trio.lowlevel.checkpoint()  # before the turn is found: it stands as long as nothing else runs
            if not self.connected:
                await self.next_snapshot()
                continue
            if not self.clock.measured:
                await trio.sleep(1 / self.tick_rate)
                continue
            turn, seconds = self._stamps.turn(self.clock, trio.current_time())
            if not seconds:
                return turn
            await trio.sleep(seconds)

    async def send_input(self, first_tick: int, wanted: Any, ticks: int = 1) -> None:  # noqa: ANN401 - an object with its fields
        """Send this input for first_tick, and the same without its presses for the ticks behind it, `ticks` in all.

        `wanted`: an object of the game's Input class, or any with its fields. While there is no line it is not sent, then or later:
        its tick will be over. Raises ClientClosed if the client is closed, GameError if a value does not fit its declaration.
        """
        layout = self.schema.input
        row = layout.pack(wanted)
        if self._over:
            raise ClientClosed("the line is closed", self.notice)
        if self._line is None or not self._line.is_open:
            await trio.lowlevel.checkpoint()
            return
        values = row
        if ticks > 1:
            values += (ticks - 1) * tuple(0 if field.edge else value for field, value in zip(layout.fields, row, strict=True))
        self._stamps.last = max(self._stamps.last, first_tick + ticks - 1)
        await self._say_inputs(self._line, first_tick, values)  # type: ignore[arg-type] # an input has only numbers

    async def _say_inputs(self, line: Line, first_tick: int, values: tuple[int, ...]) -> None:
        tick = self.replica.tick
        view = self.view_tick if self.view_tick is not None else tick
        view_256 = None if view is None else max(0, round(view * SUBTICKS))
        self._unacknowledged = 0
        await line.say(Inputs(first_tick, tick, self._happenings.last, view_256, values))

    async def call(self, method: str, *arguments: Any) -> Any:  # noqa: ANN401 - plain values
        """Call one of the game's methods and wait for its answer, over a loss of the line if need be. `arguments`: as they go on
        the wire; a boolean may also be True or False.

        Raises Refused with its text if it said no, SessionGone if that cannot be known any more, ClientClosed; GameError if the
        game has no such call, or takes other arguments: the server would end each line on which that is said.
        """
        layout = self.schema.calls.get(method)
        if layout is None:
            raise GameError(f"{self.schema.game} has no call {method!r}; it has {', '.join(sorted(self.schema.calls))}")
        try:
            row = layout.check_row(tuple(int(value) if type(value) is bool else value for value in arguments))
        except ValueError as error:
            raise GameError(str(error)) from error
        number = self._calls.ask(method, row)
        self._to_say.unpark_all()
        reply = await self._calls.answer(number)
        if not reply.ok:
            raise Refused(str(reply.value))
        return reply.value
