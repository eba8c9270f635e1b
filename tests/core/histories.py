"""Random histories: a world that changes at random, clients that see it through shared fragments, and a check after every frame.

A world of entities with public, team and owner fields stands in four cells. Clients subscribe to cells and change sides. A cell's
part is due every 1st, 2nd or 4th tick for each of them; now and then a client is skipped, sleeps, or a frame does not go out.
After each frame a client must hold exactly what the server has for it, nothing else may lie in it, and nothing in the frame's
bytes may be a secret of somebody else. `Scheme` says which part of the machinery is replaced: tests put broken ones in.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.audience import AUDIENCES, EVERYONE, MAX_TEAM, NOBODY, Audience, owner, part_of, team
from gameserver.core.fields import angle, integer, integers, text
from gameserver.core.game import Game, entities_of
from gameserver.core.layout import ALL, OWNER, TEAM
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Draft, Parts, Viewer
from gameserver.core.record import Entity, Event, Input
from gameserver.core.replica import Replica
from gameserver.core.schema import form
from gameserver.core.wire import decode_server, encode_head
from tests.core.helpers import SECRET, STRIDE, secrets_in, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameserver.core.layout import Row
    from gameserver.core.view import Contents, Record

CELLS: Final = 4
TICKS: Final = 44
LONG_SLEEP: Final = (33, 41)
"""Ticks that one client of each history is away: longer than a base may be old."""
KIND: Final = 2


class Nothing(Input):
    pass


class Thing(Entity):
    public: int = integer(0, 2**52, default=0)
    heading: int = angle(256, default=0)
    note: str = text(30, default="")
    ours: int = integer(0, 2**52, default=0, audience="team")
    mine: tuple[int, ...] = integers(0, 2**52, most=2, default=(), audience="owner")


class Flash(Event):
    code: int = integer(0, 2**52, default=0)


class Cells(Game):
    name = "cells"
    inputs = Nothing
    events = (Flash,)
    things = entities_of(Thing)


SLICE: Final = {levels: Thing.layout.slicer(levels) for levels in range(1, 8)}


class HistoryWrong(AssertionError):
    """A client does not hold what it should."""


@attrs.define
class Scheme:
    """How snapshots are made; each of these may be replaced by a wrong one."""

    parts: Callable[[], Parts] = lambda: Parts(Cells.schema, crc_every=3)
    viewer: Callable[[], Viewer] = Viewer
    commits_unsent: bool = False
    """Commit when the draft is made, whether or not it goes out."""
    tells_drops: bool = True
    tells_schedule: bool = True


@attrs.define
class Counts:
    """How much a run of histories has tried."""

    frames: int = 0
    fragments: int = 0
    encoded: int = 0
    keyframes: int = 0
    crcs: int = 0
    drops: int = 0


@attrs.define
class _Client:
    number: int
    side: int
    viewer: Viewer
    replica: Replica
    cells: set[int] = attrs.field(factory=lambda: {0})
    divisors: list[int] = attrs.field(factory=lambda: [1] * CELLS)
    told: dict[int, int] = attrs.field(factory=dict)
    asleep_until: int = 0

    def parts(self) -> dict[int, int]:
        """The parts that it may see, with their divisors."""
        seen = {part_of(owner(self.number)): 1} if self.number else {}
        for cell in sorted(self.cells):
            for audience in (EVERYONE, team(self.side)):
                seen[part_of(audience, cell)] = self.divisors[cell]
        return seen


@attrs.define
class _Body:
    """An entity of the model; `thing` is replaced by a copy whenever it changes."""

    thing: Thing
    cell: int
    audience: Audience


class History:
    """One history; `run` raises what is wrong with it."""

    def __init__(self, seed: int, scheme: Scheme, counts: Counts) -> None:
        self.dice = random.Random(seed)
        self.scheme = scheme
        self.counts = counts
        self.parts = scheme.parts()
        self.secret = 0
        self.bodies: dict[int, _Body] = {}
        self.rested: dict[int, int] = {}
        self.log: dict[int, Contents] = {}
        self.flashes: dict[int, dict[int, list[tuple[int, int, Row]]]] = {}
        self.records: dict[tuple[int, int], Record] = {}
        self.clients = [_Client(n, 1 + n % 2, scheme.viewer(), Replica(Cells.schema)) for n in range(5)]
        self.sleeper = self.dice.choice(self.clients)

    def run(self) -> None:
        for tick in range(1, TICKS + 1):
            for _ in range(self.dice.randrange(6)):
                self._change(tick)
            contents = self.log[tick] = self._contents()
            flashes = self._flashes()
            self.flashes[tick] = flashes
            self.parts.commit(tick, contents, flashes)
            for client in self.clients:
                self._turn(client, tick, contents)
        self.counts.encoded += self.parts.encoded

    # -- the world -------------------------------------------------------------------------------------------------------
    def _fresh(self) -> int:
        self.secret += 1
        return SECRET + self.secret * STRIDE

    def _change(self, tick: int) -> None:
        dice = self.dice
        if not self.bodies or (len(self.bodies) < 12 and dice.random() < 0.25):
            self._born(tick)
            return
        number = dice.choice(list(self.bodies))
        body = self.bodies[number]
        thing = body.thing
        what = dice.random()
        if what < 0.25:
            thing.public = self._fresh()
        elif what < 0.35:
            thing.heading += dice.choice((1, 127, 128, 129, 200, -3))
        elif what < 0.4:
            thing.note = f"n{self._fresh()}"
        elif what < 0.5:
            body.cell = dice.randrange(CELLS)
        elif what < 0.6:
            thing.team = dice.randrange(3)
        elif what < 0.7:
            thing.owner = dice.randrange(5)
        elif what < 0.76:
            thing.ours = self._fresh()
        elif what < 0.82:
            thing.mine = tuple(self._fresh() for _ in range(dice.randrange(3)))
        elif what < 0.9:
            body.audience = dice.choice((EVERYONE, EVERYONE, NOBODY, team(1), team(2), owner(1 + dice.randrange(4))))
        else:
            del self.bodies[number]
            self.rested[number] = tick + 33  # as long as a base may be old

    def _born(self, tick: int) -> None:
        """A number that rested long enough is used again."""
        number = next((n for n, free in self.rested.items() if free <= tick), None)
        if number is None:
            number = 1 + len(self.bodies) + len(self.rested)
        else:
            del self.rested[number]
        dice = self.dice
        thing = Thing(public=self._fresh(), note=f"n{self._fresh()}", ours=self._fresh(), mine=(self._fresh(),))
        thing.team, thing.owner, thing.heading = dice.randrange(3), dice.randrange(5), dice.randrange(256)
        self.bodies[number] = _Body(thing, dice.randrange(CELLS), EVERYONE)

    def _contents(self) -> Contents:
        contents: Contents = {}

        def show(part: int, number: int, levels: int, row: Row) -> None:
            record = (form(KIND, levels), SLICE[levels](row))
            known = self.records.get((part, number))  # the same object as long as nothing changed, as the view has it
            contents.setdefault(part, {})[number] = self.records[part, number] = known if known == record else record

        for number, body in self.bodies.items():
            thing, audience = body.thing, body.audience
            row = Thing.layout.pack(thing)
            if audience == EVERYONE:
                show(part_of(EVERYONE, body.cell), number, ALL, row)
                if thing.team:
                    show(part_of(team(thing.team), body.cell), number, TEAM, row)
                if thing.owner:
                    show(part_of(owner(thing.owner)), number, OWNER, row)
            elif audience in (team(1), team(2)):
                show(part_of(audience, body.cell), number, ALL | TEAM if thing.team == audience else ALL, row)
            elif audience != NOBODY:
                his = thing.owner and audience == owner(thing.owner)
                show(part_of(audience), number, ALL | TEAM | OWNER if his else ALL, row)
        return contents

    def _flashes(self) -> dict[int, list[tuple[int, int, Row]]]:
        if self.dice.random() < 0.8:
            return {}
        audience = self.dice.choice((EVERYONE, team(1), team(2)))
        part = part_of(audience, self.dice.randrange(CELLS))
        return {part: [(0, self.dice.randrange(3), (self._fresh(),)) for _ in range(2)]}

    # -- one client's turn -----------------------------------------------------------------------------------------------
    def _turn(self, client: _Client, tick: int, contents: Contents) -> None:
        dice = self.dice
        if dice.random() < 0.15:
            client.cells ^= {dice.randrange(CELLS)}
        if dice.random() < 0.05:
            client.side = 3 - client.side
        if dice.random() < 0.05:
            client.divisors[dice.randrange(CELLS)] = dice.choice((1, 2, 4))
        if tick == 4 and client is self.sleeper:
            client.asleep_until = tick + dice.randrange(*LONG_SLEEP)
        elif dice.random() < 0.02:
            client.asleep_until = max(client.asleep_until, tick + dice.randrange(2, 20))
        if client.asleep_until > tick or dice.random() < 0.25:
            return  # skipped before anything is encoded for it
        seen = client.parts()
        bases = client.viewer.bases
        due = [part for part, divisor in seen.items() if part not in bases or tick % divisor == 0]
        resting = [part for part in seen if part not in due]
        draft = self.parts.draft(client.viewer, tuple(due), tuple(resting))
        shown = self._shown(client, tick, seen)
        told = {part: divisor for part, divisor in seen.items() if divisor != client.told.get(part, 1)}
        went_out = dice.random() > 0.1
        if went_out or self.scheme.commits_unsent:
            client.viewer.commit(draft)
        if not went_out:
            return
        client.told = {part: divisor for part, divisor in seen.items() if divisor != 1}
        frame = self._frame(tick, draft, told)
        self._scan(client, frame, shown)
        (snapshot,) = decode_server(frame)
        assert isinstance(snapshot, Snapshot) and snapshot.control is not None
        drops, _, _, schedule = snapshot.control
        client.replica.apply(0, tick, drops, schedule, snapshot.fragments)
        self._compare(client, tick, seen, due)
        self.counts.frames += 1
        self.counts.fragments += len(draft.fragments)
        self.counts.keyframes += sum(fragment[1] == 0 for fragment in snapshot.fragments)
        self.counts.crcs += sum(len(fragment) > 5 and fragment[5] is not None for fragment in snapshot.fragments)
        self.counts.drops += len(drops)

    def _frame(self, tick: int, draft: Draft, told: dict[int, int]) -> bytes:
        drops = draft.drops if self.scheme.tells_drops else []
        schedule = [number for pair in told.items() for number in pair] if self.scheme.tells_schedule else []
        return encode_head(0, tick, 0, None, None, (drops, None, None, schedule), len(draft.fragments)) + b"".join(draft.fragments)

    def _shown(self, client: _Client, tick: int, seen: dict[int, int]) -> set[int]:
        """The flashes that this client may be shown now: those since its base, but a team's of this tick only."""
        shown: set[int] = set()
        for part in seen:
            since = tick - 1 if 1 <= part % AUDIENCES <= MAX_TEAM else client.viewer.bases.get(part, tick - 1)
            for when in range(since + 1, tick + 1):
                shown |= set(secrets_in([row for _, _, row in self.flashes[when].get(part, ())]))
        return shown

    def _scan(self, client: _Client, frame: bytes, shown: set[int]) -> None:
        """Look for what is none of this client's business in the bytes themselves, told who owns what by the model."""
        allowed = set(shown)
        for body in self.bodies.values():
            thing = body.thing
            side, number = team(client.side), owner(client.number) if client.number else None
            near = body.cell in client.cells
            sees = (near and body.audience in (EVERYONE, side)) or (number is not None and body.audience == number)
            his = bool(client.number) and thing.owner == client.number
            if sees:
                allowed |= {thing.public, *secrets_in(thing.note)}
            if sees and (thing.team == client.side or (his and body.audience == number)):
                allowed.add(thing.ours)
            if his and body.audience in (EVERYONE, number):
                allowed |= set(thing.mine)
        leaked = set(secrets_in(unpacked(frame))) - allowed
        if leaked:
            raise HistoryWrong(f"client {client.number} was sent {leaked}")

    def _compare(self, client: _Client, tick: int, seen: dict[int, int], due: Iterable[int]) -> None:
        held = client.replica.parts
        if held.keys() != seen.keys():
            raise HistoryWrong(f"tick {tick}: client {client.number} holds parts {sorted(held)}, not {sorted(seen)}")
        now = set(due)
        for part, records in held.items():
            as_of = tick if part in now else client.viewer.bases[part]
            if records != self.log[as_of].get(part, {}):
                raise HistoryWrong(f"tick {tick}: client {client.number} has part {part} wrong")


def run_histories(seeds: Iterable[int], scheme: Scheme | None = None) -> Counts:
    """Run them; the error of a wrong one names its seed."""
    counts = Counts()
    for seed in seeds:
        try:
            History(seed, scheme or Scheme(), counts).run()
        except Exception as error:
            error.add_note(f"in history {seed}")
            raise
    return counts


def wrong_histories(scheme: Scheme, seeds: Iterable[int], errors: tuple[type[Exception], ...]) -> int:
    """How many of them a broken scheme gets wrong."""
    wrong = 0
    for seed in seeds:
        try:
            History(seed, scheme, Counts()).run()
        except errors:
            wrong += 1
    return wrong
