"""The truth of a match: what entered each of its steps. Put through the same code again, it makes the same match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.audience import MAX_PLAYER
from gameserver.core.commands import Answer, Called, Connected, Join, Leave
from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import MAX_TICK
from gameserver.core.replay.values import array, natural, pack, row, text, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gameserver.core.audience import PlayerId
    from gameserver.core.commands import Command
    from gameserver.core.layout import Row
    from gameserver.core.simulation import Simulation

HASH_MASK: Final = 2**32 - 1
"""Of the state's hash, the bits that a step keeps."""


def _own(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The same, with profiles that no hook takes apart behind our back."""
    return tuple(attrs.evolve(one, profile=dict(one.profile)) if type(one) is Join else one for one in commands)


@attrs.frozen
class Step:
    """What enters one step of a match: to be made before it is run, since hooks may change what they are given."""

    tick: int
    commands: tuple[Command, ...] = attrs.field(default=(), converter=_own)
    inputs: Mapping[PlayerId, Row] = attrs.field(factory=dict)
    """The row of each player's input, as his InputBuffer gave it."""
    views: Mapping[PlayerId, int] = attrs.field(factory=dict)
    """How far back each saw, in 1/256 tick; who is not in it sees the present."""
    hash: int = 0
    """The lower 32 bits of the state's hash behind it."""

    def run(self, simulation: Simulation) -> None:
        """Step the simulation with it. Raises what Simulation.step raises, FormatError for what does not fit this game."""
        schema = simulation.world.schema
        try:
            for command in self.commands:
                if type(command) is Called:
                    schema.calls[command.method].check_row(command.arguments)
            inputs = {player: schema.input.make(schema.input.check_row(values)) for player, values in self.inputs.items()}
        except (KeyError, ValueError) as error:
            raise FormatError(f"step {self.tick} does not fit {schema.game}@{schema.version}: {str(error)[:200]}") from error
        simulation.step(_own(self.commands), inputs, self.tick, self.views)


class StepEncoder:
    """One block of steps. Inputs and views are said when they change."""

    __slots__ = ("_inputs", "_pieces", "_views", "first", "last", "size")

    def __init__(self, first_tick: int) -> None:
        """`first_tick`: of the first step."""
        self.first = self.last = first_tick
        self.size = 0
        """Bytes so far."""
        self._pieces: list[bytes] = []
        self._inputs: Mapping[PlayerId, Row] = {}
        self._views: Mapping[PlayerId, int] = {}

    def add(self, step: Step, step_hash: int) -> None:
        """The next one, in the order of their ticks, and the lower 32 bits of the state's hash behind it."""
        inputs: list[Any] = []
        before = self._inputs
        for player, values in step.inputs.items():
            if before.get(player) != values:
                inputs.append((player, *values))
        if not step.inputs.keys() >= before.keys():
            inputs += [(player,) for player in before if player not in step.inputs]
        views: list[tuple[int, int]] = []
        if step.views or self._views:
            for player, back in step.views.items():
                if self._views.get(player, 0) != back:
                    views.append((player, back))
            views += [(player, 0) for player, back in self._views.items() if back and player not in step.views]
        commands = [_plain_command(command) for command in step.commands]
        piece = pack((step.tick - self.last, step_hash, commands, inputs, views))
        self._pieces.append(piece)
        self.size += len(piece)
        self.last = step.tick
        self._inputs, self._views = step.inputs, step.views

    def payload(self) -> bytes:
        """The block."""
        return b"".join(self._pieces)


def decode_steps(payload: bytes, first_tick: int) -> Iterator[Step]:
    """The steps of a block. Raises FormatError."""
    tick = first_tick
    inputs: dict[PlayerId, Row] = {}
    views: dict[PlayerId, int] = {}
    is_first = True
    for body in values_of(payload):
        try:
            back, step_hash, commands, changed, seen = array(body)
            if natural(back) < 1 and not is_first:
                raise ValueError("two steps have one tick")
            tick = natural(tick + back, MAX_TICK)
            is_first = False
            if changed:
                inputs = _changed_inputs(inputs, array(changed))
            if seen:
                views = _changed_views(views, array(seen))
            yield Step(tick, tuple(_command(one) for one in array(commands)), inputs, views, natural(step_hash, HASH_MASK))
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"a step behind tick {tick} does not fit: {str(error)[:200]}") from error


def encode_step(step: Step) -> tuple[Any, ...]:
    """One step by itself, with all its inputs, as FAULT has it."""
    inputs = [(player, *values) for player, values in step.inputs.items()]
    return 0, 0, [_plain_command(one) for one in step.commands], inputs, [pair for pair in step.views.items() if pair[1]]


def decode_step(body: object, tick: int) -> Step:
    """The step of a FAULT. Raises FormatError."""
    (step,) = decode_steps(pack(body), tick)
    return step


def _changed_inputs(before: dict[PlayerId, Row], changes: Sequence[Any]) -> dict[PlayerId, Row]:
    after = dict(before)
    for change in changes:
        player, *values = array(change)
        _player(player)
        if values:
            after[player] = row(tuple(values))
        else:
            after.pop(player, None)
    return after


def _changed_views(before: dict[PlayerId, int], changes: Sequence[Any]) -> dict[PlayerId, int]:
    after = dict(before)
    for change in changes:
        player, back = array(change)
        after[_player(player)] = natural(back, MAX_TICK)
        if not back:
            del after[player]
    return after


def _player(number: object) -> PlayerId:
    player = natural(number, MAX_PLAYER)
    if not player:
        raise ValueError("0 is nobody's number")
    return player


def _profile(plain: dict[Any, Any]) -> dict[str, Any]:
    return {text(key): value for key, value in plain.items()}


def _plain_command(command: Command) -> tuple[Any, ...]:
    match command:
        case Join(player, name, profile, bot, host, admin):
            return (0, player, name, profile, bot, host, admin) if host or admin else (0, player, name, profile, bot)
        case Leave(player):
            return 1, player
        case Connected(player, connected):
            return 2, player, connected
        case Called(player, number, method, arguments):
            return 3, player, number, method, arguments
        case Answer(question, value):
            return 4, question, value


def _command(plain: object) -> Command:
    """Raises ValueError."""
    match plain:
        case (0, player, str(name), dict(profile), bool(bot)):
            return Join(_player(player), name, _profile(profile), bot)
        case (0, player, str(name), dict(profile), bool(bot), bool(host), bool(admin)):
            return Join(_player(player), name, _profile(profile), bot, host, admin)
        case (1, player):
            return Leave(_player(player))
        case (2, player, bool(connected)):
            return Connected(_player(player), connected)
        case (3, player, number, str(method), tuple(arguments)):
            return Called(_player(player), natural(number), method, row(arguments))
        case (4, str(question), value):
            return Answer(question, value)
        case _:
            raise ValueError(f"{str(plain)[:60]} is no command")
