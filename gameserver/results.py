"""How matches ended: a record of each in which a person played, kept in the store's log RESULTS; and what the host says to it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameserver.core.timers import is_plain
from gameserver.kept import latest_of

if TYPE_CHECKING:
    from gameserver.core.game import Result
    from gameserver.core.record import Options
    from gameserver.hooks import Hooks
    from gameserver.ports import Store, WallClock
    from gameserver.room import Room

log = logging.getLogger("gameserver.results")

RESULTS: Final = "results"


@attrs.frozen(kw_only=True)
class PlayerResult:
    """Who was there at the end, and what he had."""

    number: int
    name: str
    bot: bool
    score: int | None
    """None: the game gave him none."""
    won: bool


@attrs.frozen(kw_only=True)
class MatchRecord:
    """One match that has ended."""

    game: str
    """Name and version: `arena@2`."""
    room: str
    map: str
    """Name of the map's file; "" without one."""
    options: dict[str, Any]
    seed: int
    ended_at: float
    """Seconds since 1970, UTC."""
    seconds: float
    """Of play."""
    first_tick: int
    last_tick: int
    players: tuple[PlayerResult, ...]
    recording: str | None = None
    """Name of the recording's file, if there is one."""

    def encode(self) -> bytes:
        """JSON, for the log."""
        return json.dumps(attrs.asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    def describe(self) -> str:
        """One line for a person; times are UTC."""
        when = datetime.fromtimestamp(self.ended_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        ranked = sorted(self.players, key=lambda player: (not player.won, -(player.score or 0), player.number))
        names = ", ".join(
            f"{'*' * player.won}{player.name}{'' if player.score is None else f' {player.score}'}" for player in ranked
        )
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{when}  {self.room}  {self.game}  {self.map or '-'}  {minutes}:{seconds:02}  {names or 'nobody'}"

    @staticmethod
    def decode(data: bytes) -> MatchRecord:
        """What `encode` gave. Fields that a newer server has written are passed over. Raises ValueError if it is something else."""
        try:
            plain = json.loads(data)
            known = {field.name for field in attrs.fields(MatchRecord)}
            players = tuple(PlayerResult(**player) for player in plain["players"])
            return MatchRecord(**{key: value for key, value in plain.items() if key in known} | {"players": players})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no record of a match: {error!r}") from error


def record_of(room: Room, result: Result, *, now: float) -> MatchRecord:
    """The record of the match that ends in this room in this tick. `now`: seconds since 1970."""
    plan, tick = room.plan, room.clock.tick
    winners = set(result.winners)
    return MatchRecord(
        game=f"{plan.game.name}@{plan.game.version}",
        room=plan.name,
        map=plan.map[0].name if plan.map is not None else "",
        options=_plain_options(plan.options),
        seed=plan.seed,
        ended_at=now,
        seconds=round((tick - room.course.match_began + 1) / plan.game.tick_rate, 3),
        first_tick=room.course.match_began,
        last_tick=tick,
        players=tuple(
            PlayerResult(number=number, name=player.name, bot=player.bot, score=result.scores.get(number), won=number in winners)
            for number, player in room.simulation.players.items()
        ),
        recording=room.recorder.name if room.recorder is not None else None,
    )


def _plain_options(options: Options) -> dict[str, Any]:
    return {field.name: getattr(options, field.name) for field in options.layout.fields}


async def keep(store: Store, record: MatchRecord) -> None:
    """Write it down for good. Raises OSError if the store cannot."""
    await store.append(RESULTS, record.encode())


async def latest(store: Store, most: int) -> list[MatchRecord]:
    """The last matches, oldest first. Records that cannot be read are passed over."""
    return await latest_of(store, RESULTS, MatchRecord.decode, most)


class Results:
    """What a server does with the results of its matches, beside its rooms."""

    def __init__(self, store: Store, wall_clock: WallClock, hooks: Hooks) -> None:
        self._store = store
        self._wall_clock = wall_clock
        self._hooks = hooks

    def take(self, room: Room, result: Result, nursery: trio.Nursery) -> None:
        """A match ends in this room, in this tick. The nursery runs what is to be waited for."""
        if room.people:  # bots alone play on for ever, and nobody asks how
            nursery.start_soon(self._keep, record_of(room, result, now=self._wall_clock.now()))
        nursery.start_soon(self._ask, room, result)

    async def _keep(self, record: MatchRecord) -> None:
        try:
            with trio.CancelScope(shield=True):  # a disk's call is not cut short anyway; and what was played is not lost by a stop
                await keep(self._store, record)
        except OSError:
            log.exception("the result of a match in room %s could not be kept: %s", record.room, record)

    async def _ask(self, room: Room, result: Result) -> None:
        """The wall around the host's code."""
        name = room.plan.name
        try:
            answer = await self._hooks.on_result(name, room.plan.game.name, result)
        except* Exception:
            log.exception("on_result failed for room %s", name)
        else:
            if not is_plain(answer):
                log.error("on_result for room %s returned %r: return None, bool, int (53 bits), float or str", name, answer)
            elif answer is not None:
                room.answer("result", answer)
