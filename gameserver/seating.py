"""Who sits in a room, and what of it enters the match: who comes and goes, what they call, what they press.

A seat is a client's. A vacancy is a player of the match whom no client plays: in a fork of a recorded match all are that at first,
until somebody takes them. A stand-in is the seat of a bot that plays for somebody whose line is down (Game.bots_hold_seats): both
seats have the same player, whose inputs are the stand-in's for so long; token, events, replies and calls stay his. What was left
out of a step that failed is put right here too (gameserver.rescue).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.allowance import Share
from gameserver.core.audience import MAX_PLAYER, PlayerId
from gameserver.core.commands import Answer, Called, Command, Connected, Join, Leave
from gameserver.core.errors import Refused
from gameserver.core.game import Game
from gameserver.core.limits import GRACE_SECONDS, JOINS_PER_TICK, MAX_SPECTATORS
from gameserver.core.messages import Notice, NoticeCode, Reply, Role
from gameserver.core.registry import Limit
from gameserver.core.replay.steps import Step
from gameserver.core.rights import ORDER_CALLS, Rank
from gameserver.rescue import HOST, QUARANTINE_SECONDS
from gameserver.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameserver.core.clock import TickClock
    from gameserver.core.game import Profile
    from gameserver.core.inputs import InputBuffer
    from gameserver.core.layout import Row
    from gameserver.core.messages import Call, Hello
    from gameserver.core.record import Player
    from gameserver.net.link import Link
    from gameserver.plan import RoomCounts
    from gameserver.rescue import Revival
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.game")


@attrs.define
class Vacancy:
    """A player of the match whom nobody plays."""

    player: PlayerId
    name: str
    bot: bool
    until: int
    """The tick in which he leaves."""
    is_open: bool = True
    """May somebody who comes play him?"""
    shown_connected: bool = True
    """What the match believes of his line (Player.connected)."""


class Seating:
    """See the module.

    Attributes:
        seats: everyone who was let in, in order; those who are in the match as well as those who are about to be or to leave.
    """

    def __init__(
        self,
        game: type[Game],
        clock: TickClock,
        counts: RoomCounts,
        *,
        rewinds: bool,
        on_report: Callable[[Seat, Call], Reply] | None = None,
        first_keeps_order: bool = True,
    ) -> None:
        """`rewinds`: it matters to the game what was on a player's screen. `on_report`: as in Seat. `first_keeps_order`: as in
        RoomPlan; a game that has a rule of its own for it (a vote, say) keeps that.
        """
        self.seats: list[Seat] = []
        self._game = game
        self._schema = game.schema
        self._clock = clock
        self._counts = counts
        self._rewinds = rewinds
        self._on_report = on_report
        usual = (name for name in ORDER_CALLS if getattr(game, name) is getattr(Game, name))
        self._withheld = frozenset(() if first_keeps_order else usual)
        self._share = Share(clock.rate)
        self._inputs: dict[PlayerId, InputBuffer] = {}
        """Of the players in the match who have a seat, in the order of joining."""
        self._stand_ins: dict[PlayerId, Seat] = {}
        """By whom they play; those included who are about to begin."""
        self._resting: dict[PlayerId, InputBuffer] = {}
        """Their own inputs, of the players whom a stand-in plays."""
        self._queue: list[Command] = []
        """Leaves and answers for the next tick."""
        self._last_player: PlayerId = 0
        self._vacancies: dict[PlayerId, Vacancy] = {}
        self._inherited: set[PlayerId] = set()
        """Of the players who were in the match before anybody came: those who still are."""
        self._quarantined: dict[PlayerId, int] = {}
        """Whose inputs are neutral, up to this tick."""
        self._neutral: Row = self._schema.input.pack(self._schema.input.neutral())

    # -- who is there ------------------------------------------------------------------------------------------------------
    @property
    def players(self) -> int:
        """How many seats are taken."""
        return sum(seat.player > 0 and not seat.stands_in for seat in self.seats)

    @property
    def people(self) -> int:
        """How many of them by people, those included whose line is down."""
        return sum(seat.player > 0 and seat.role is not Role.BOT for seat in self.seats)

    @property
    def untended(self) -> int:
        """How many people's seats bots may play, because their lines are down or they are not yet back."""
        return sum(map(self._is_untended, self.seats)) if self._game.bots_hold_seats else 0

    def _is_untended(self, seat: Seat) -> bool:
        return seat.player > 0 and seat.role is not Role.BOT and seat.joined and not seat.ready and not seat.over

    @property
    def has_commands(self) -> bool:
        """Does anything wait for the next tick, whoever is here?"""
        return bool(self._queue)

    def find(self, token: bytes) -> Seat | None:
        """The seat that this token opens."""
        return next((seat for seat in self.seats if seat.opens(token)), None)

    # -- coming and going --------------------------------------------------------------------------------------------------
    def inherit(self, players: Iterable[Player]) -> None:
        """These are in the match, and nobody plays them. Whom nobody takes within GRACE_SECONDS of the match leaves it."""
        until = self._clock.tick + round(GRACE_SECONDS * self._clock.rate)
        for player in players:
            self._vacancies[player.owner] = Vacancy(player.owner, player.name, player.bot, until, shown_connected=player.connected)
            self._inherited.add(player.owner)
            self._last_player = max(self._last_player, player.owner)

    def reserve(self, hello: Hello, profile: Profile, link: Link, standing: Standing) -> Seat:
        """Keep a seat for somebody who has been let in; he joins after `enter`. Raises Refused if there is none."""
        if hello.role is Role.SPECTATOR:
            if sum(not seat.player for seat in self.seats) >= MAX_SPECTATORS:
                raise Refused(f"the room has {MAX_SPECTATORS} spectators", NoticeCode.FULL, limit=Limit.MAX_SPECTATORS)
            return self._make_seat(0, hello.role, hello.name, profile, link, standing)
        vacancy = self._take_vacancy(hello.role)
        if vacancy is not None:
            seat = self._make_seat(vacancy.player, hello.role, vacancy.name, profile, link, standing)
            seat.joined = seat.stirred = True
            seat.shown_connected = vacancy.shown_connected
            self._inputs[seat.player] = seat.inputs
            return seat
        if hello.role is Role.BOT and (absent := self._absent()) is not None:
            seat = self._make_seat(absent.player, hello.role, hello.name, profile, link, standing, stands_in=True)
            self._stand_ins[seat.player] = seat
            return seat
        taken = self.players + len(self._vacancies)
        if taken >= self._game.max_players:
            bot = next((seat for seat in reversed(self.seats) if seat.role is Role.BOT and not seat.stands_in), None)
            if bot is None or hello.role is Role.BOT:
                text = f"the room is full: {taken} of {self._game.max_players} seats are taken"
                raise Refused(text, NoticeCode.FULL, limit=Limit.MAX_SEATS)
            self.send_away(bot, "a person takes the seat")
        return self._make_seat(self._next_player(), hello.role, hello.name, profile, link, standing)

    def has_place(self, role: Role) -> bool:
        """Would `reserve` find a seat now?"""
        if role is Role.SPECTATOR:
            return sum(not seat.player for seat in self.seats) < MAX_SPECTATORS
        if any(vacancy.is_open for vacancy in self._vacancies.values()):
            return True
        if role is Role.BOT and self._absent() is not None:
            return True
        makes_way = role is not Role.BOT and any(seat.role is Role.BOT and not seat.stands_in for seat in self.seats)
        return makes_way or self.players + len(self._vacancies) < self._game.max_players

    def _make_seat(
        self, player: PlayerId, role: Role, name: str, profile: Profile, link: Link, standing: Standing, *, stands_in: bool = False
    ) -> Seat:
        seat = Seat(
            player, role, name, profile, link, standing, self._schema, self._clock,
            flows=not self._game.ticks_on_input, rewinds=self._rewinds, stands_in=stands_in, on_report=self._on_report,
            share=self._share, reached=self._counts.reached, withheld=self._withheld,
        )  # fmt: skip
        self.seats.append(seat)
        return seat

    def _absent(self) -> Seat | None:
        """The first whose line is down and for whom nobody plays, where bots may."""
        if not self._game.bots_hold_seats:
            return None
        away = (seat for seat in self.seats if self._is_untended(seat) and seat.line is None)
        return next((seat for seat in away if seat.player not in self._stand_ins), None)

    def _take_vacancy(self, role: Role) -> Vacancy | None:
        """The lowest open one, of a bot for a bot and of a person for a person as long as there are both.

        If there is none, a person has the lowest inherited one that a bot has taken.
        """
        is_bot = role is Role.BOT
        found = min((v for v in self._vacancies.values() if v.is_open), key=lambda v: (v.bot is not is_bot, v.player), default=None)
        if found is not None:
            del self._vacancies[found.player]
        elif not is_bot:
            bots = (s for s in self.seats if s.role is Role.BOT and not s.stands_in and s.player in self._inherited)
            seat = min(bots, key=lambda seat: seat.player, default=None)
            if seat is not None:
                seat.end(Notice(NoticeCode.KICKED, "a person takes the seat"))
                self.seats.remove(seat)
                found = Vacancy(seat.player, seat.name, True, 0, shown_connected=seat.shown_connected)
        return found

    def _next_player(self) -> PlayerId:
        """The next number in turn that nobody has: a number is not given out again soon."""
        taken = {*(seat.player for seat in self.seats), *self._vacancies}
        number = self._last_player
        while True:
            number = number % MAX_PLAYER + 1
            if number not in taken:
                self._last_player = number
                return number

    def release(self, seat: Seat, link: Link) -> None:
        """This line of his is gone. In the match his seat is kept for a while, unless his session is over; else it is free."""
        if seat not in self.seats or not seat.is_on(link):
            return
        if seat.lose():
            self._counts.lost += 1
        else:
            self.remove(seat)

    def remove(self, seat: Seat) -> None:
        """The seat is free. If he was in the match, he leaves it in the next tick; who stands in for him goes with him."""
        self.seats.remove(seat)
        if seat.stands_in:
            del self._stand_ins[seat.player]
            if seat.player in self._resting:
                self._inputs[seat.player] = self._resting.pop(seat.player)
            return
        if seat.player in self._stand_ins:
            self.send_away(self._stand_ins[seat.player], "the player is gone")
        if seat.joined and seat.player:
            del self._inputs[seat.player]
            self._inherited.discard(seat.player)
            self._queue.append(Leave(seat.player))

    def send_away(self, seat: Seat, why: str) -> None:
        """Tell him why, and free the seat."""
        seat.end(Notice(NoticeCode.KICKED, why))
        self.remove(seat)

    def _welcome_back(self) -> None:
        """Who plays for somebody who is back goes. From this tick on that player's inputs are his own."""
        back = [seat for seat in self.seats if seat.player in self._stand_ins and seat.ready and not seat.stands_in]
        for seat in back:
            self.send_away(self._stand_ins[seat.player], "the player is back")

    def answer(self, question: str, value: float | str | bool) -> None:
        """The game hears of it in the next tick."""
        self._queue.append(Answer(question, value))

    def receive(self, now: float) -> None:
        """Take what everyone has sent; who is gone and waited for no more leaves."""
        if self._stand_ins:
            self._welcome_back()
        for seat in tuple(self.seats):
            if seat.ready:  # until then its line is the session's
                seat.receive(now)
            elif seat.has_expired(now):
                self._give_up(seat)

    def _give_up(self, seat: Seat) -> None:
        """Nobody waits for him any more."""
        if not seat.over:
            self._counts.reached.note(Limit.GRACE_SECONDS)
        self.remove(seat)

    def stand(self, now: float) -> None:
        """Likewise while the room stands still, where nobody's silence is held against him, and pings are all that is answered."""
        for seat in tuple(self.seats):
            if seat.ready and seat.line is not None:
                seat.line.excuse(now)
                seat.receive(now)
            if seat.line is not None:
                seat.line.send_pongs(now)
            elif seat.has_expired(now):
                self._give_up(seat)

    # -- what enters a step ------------------------------------------------------------------------------------------------
    def take(self, tick: int) -> tuple[Step, dict[PlayerId, Any], bool]:
        """What enters the match in this tick, with the inputs as objects of the game's class, and whether any of it is news.

        To be called once for every tick, in order.
        """
        commands = self._take_commands(tick)
        buffers = self._inputs
        for resting in self._resting.values():
            resting.take(tick)  # time goes on for what he may send when he is back
        has_news = bool(commands) or any(buffer.has_news(tick) for buffer in buffers.values())
        inputs = {player: buffer.take(tick) for player, buffer in buffers.items()}
        rows = {player: buffer.row for player, buffer in buffers.items()}
        views = {player: buffer.back for player, buffer in buffers.items() if buffer.back} if self._rewinds else {}
        if self._quarantined:
            self._quarantined = {player: until for player, until in self._quarantined.items() if tick <= until}
            for player in self._quarantined:
                if player in inputs:
                    inputs[player], rows[player] = self._schema.input.make(self._neutral), self._neutral
                    views.pop(player, None)
        return Step(tick, commands, rows, views), inputs, has_news

    def _take_commands(self, tick: int) -> list[Command]:
        """What waits for this tick, in order: leaves and answers, then seat by seat who joins, comes, goes and calls."""
        commands, self._queue = self._queue, []
        for vacancy in tuple(self._vacancies.values()):
            if tick >= vacancy.until:
                del self._vacancies[vacancy.player]
                self._inherited.discard(vacancy.player)
                commands.append(Leave(vacancy.player))
            elif vacancy.shown_connected:
                vacancy.shown_connected = False
                commands.append(Connected(vacancy.player, False))
        joins = 0
        for seat in self.seats:
            if not seat.stirred:
                continue
            if seat.ready and not seat.joined:
                if joins == JOINS_PER_TICK:
                    self._counts.reached.note(Limit.JOINS_PER_TICK)
                    continue  # he stays stirred
                joins += 1
                self._join(seat, commands)
            elif seat.joined and seat.ready is not seat.shown_connected and seat.player and not seat.stands_in:
                seat.shown_connected = seat.ready
                self._counts.resumed += seat.ready
                commands.append(Connected(seat.player, seat.ready))
            commands += (Called(seat.player, call.number, call.method, call.arguments) for call in seat.take_calls())
            seat.stirred = False
        return commands

    def _join(self, seat: Seat, commands: list[Command]) -> None:
        seat.joined = True
        if seat.stands_in:
            self._resting[seat.player], self._inputs[seat.player] = self._inputs[seat.player], seat.inputs
            self._counts.stood_in += 1
        elif seat.player:
            self._inputs[seat.player] = seat.inputs
            host, admin = seat.rank is Rank.HOST, seat.rank is Rank.ADMIN
            commands.append(Join(seat.player, seat.name, seat.profile, seat.role is Role.BOT, host, admin))

    def cut(self, player: PlayerId) -> int:
        """How much of what he said he had seen back is not believed, in 1/256 of a tick."""
        buffer = self._inputs.get(player)
        return buffer.cut if buffer is not None else 0

    # -- after a fault -----------------------------------------------------------------------------------------------------
    def settle(self, revival: Revival, fault_id: str) -> None:
        """The match goes on without a part of what the last `take` gave: put right what everyone believes of it.

        A share that alone made the game fail is void: who came is sent away, who called is told that it failed, who left stays for
        a while as a vacancy. If all were left out, some are innocent: they come and go in the next tick.
        """
        tick = revival.step.tick
        is_guilty = len(revival.without) == 1
        for player in revival.without:
            if player != HOST:
                self._quarantined[player] = tick + round(QUARANTINE_SECONDS * self._clock.rate)
        put_off: list[Command] = []
        for command in revival.left_out:
            seat = self.seat_of(command.player) if not isinstance(command, Answer) else None
            match command:
                case Join(player):
                    self._undo_join(player, seat, fault_id if is_guilty else None)
                case Called(_, number):
                    if seat is not None:
                        seat.owe(Reply(number, False, f"the game failed at this call, fault {fault_id}"))
                case Connected(player, connected):
                    holder = seat or self._vacancies.get(player)
                    if holder is not None:
                        holder.shown_connected = not connected
                    if seat is not None:
                        seat.stirred = True
                case Leave(player) if is_guilty:
                    until = tick + round(GRACE_SECONDS * self._clock.rate)
                    self._vacancies[player] = Vacancy(player, "", False, until, is_open=False)
                case Answer() if is_guilty:
                    log.warning("what a hook answered to %r is left out of the match", command.question)
                case _:
                    put_off.append(command)
        self._queue[:0] = put_off

    def seat_of(self, player: PlayerId) -> Seat | None:
        """His own, not that of who stands in for him."""
        return next((seat for seat in self.seats if seat.player == player and not seat.stands_in), None)

    def _undo_join(self, player: PlayerId, seat: Seat | None, fault_id: str | None) -> None:
        """He has not joined after all. If that is what failed he is sent away, else he joins in the next tick."""
        if seat is None:  # he has gone meanwhile
            self._queue.remove(Leave(player))
            return
        if player in self._stand_ins:  # his line has broken meanwhile, and a bot was faster than all this
            self.send_away(self._stand_ins[player], "the player is not in the match")
        seat.joined = False
        del self._inputs[player]
        if fault_id is None:
            seat.stirred = True
            return
        seat.end(Notice(NoticeCode.FAULTED, f"the room failed when you came in, fault {fault_id}", fault_id))
        self.remove(seat)
