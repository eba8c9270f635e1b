"""Games at random: of any kinds, with any fields, seen by anyone; and what can be done in them, openly or unseen.

For the proof that two worlds that differ only in what a player may not see look alike to him, whatever the game (test_secrets).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final, cast

from gameserver.core.audience import EVERYONE, NOBODY, Audience, owner, team
from gameserver.core.fields import LEVELS, angle, boolean, integer, integers, real, text
from gameserver.core.game import Game, call, entities_of, players_of
from gameserver.core.record import Entity, Player
from tests.core.test_secrets import MOST, TEAM_OF, TICKS, Acts, Flash, Steer, Told, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

SEEN_BY: Final = ("all", "team", "owner", "nobody")
"""Who sees the entities of a kind."""


def random_game(seed: int) -> type[Game]:
    """One of them."""
    dice = random.Random(f"game {seed}")
    kinds = {f"kind{number}": _kind(dice, number) for number in range(dice.randint(1, 3))}
    watched = {kind: dice.choice(SEEN_BY) for kind in kinds}
    body: dict[str, Any] = {name: entities_of(kind) for name, kind in kinds.items()}
    player = cast("type[Player]", type("Soul", (Player,), {"__module__": __name__, **_fields(dice, 2)}))
    body |= {"name": "any", "tick_rate": 20, "inputs": Steer, "events": (Told, Flash), "players": players_of(player)}
    body |= {"kinds": tuple(kinds), "watched": tuple(watched.values()), "__module__": __name__}
    return cast("type[Game]", type("Any", (AnyGame,), body))


def _kind(dice: random.Random, number: int) -> type[Entity]:
    return cast("type[Entity]", type(f"Kind{number}", (Entity,), {"__module__": __name__, **_fields(dice, dice.randint(1, 4))}))


def _fields(dice: random.Random, count: int) -> dict[str, Any]:
    """So many fields, with their annotations."""
    made: dict[str, Any] = {}
    annotations: dict[str, type] = {}
    for number in range(count):
        level = dice.choice(LEVELS)
        kind, field = dice.choice(
            (
                (int, integer(0, MOST, default=0, audience=level)),
                (float, real(quantum=1 / 16, default=0.0, audience=level)),
                (bool, boolean(default=False, audience=level)),
                (int, angle(256, default=0, audience=level)),
                (str, text(12, default="", audience=level)),
                (tuple, integers(0, MOST, most=4, default=(), audience=level)),
            )
        )
        made[f"f{number}"], annotations[f"f{number}"] = field, kind
    return {**made, "__annotations__": annotations}


class AnyGame(Game, abstract=True):
    """What they have in common: everything that is done says in a number what is done to which kind."""

    kinds: tuple[str, ...]
    watched: tuple[str, ...]

    def audience(self, entity: Entity) -> Audience:
        if isinstance(entity, Player):
            return EVERYONE
        seen_by = self.watched[self._kind_of(entity)]
        if seen_by == "all":
            return EVERYONE
        if seen_by == "team":
            return team(entity.team) if entity.team else NOBODY
        return owner(entity.owner) if seen_by == "owner" and entity.owner else NOBODY

    def _kind_of(self, entity: Entity) -> int:
        return next(number for number, name in enumerate(self.kinds) if getattr(self, name).record is type(entity))

    def join(self, player: Any, profile: Mapping[str, Any]) -> None:  # noqa: ANN401 - the game's own Player class
        player.team = TEAM_OF[player.owner]

    def step(self, inputs: Mapping[int, Steer]) -> None:
        """All happens in calls."""

    @call
    def bear(self, player: Player, what: int = integer(0, MOST)) -> None:
        """A new entity of a kind."""
        entities = getattr(self, self.kinds[what % len(self.kinds)])
        entities.add(entities.record(owner=player.owner, team=player.team))

    @call
    def bury(self, player: Player, what: int = integer(0, MOST)) -> None:
        """Some of his of a kind."""
        entities = getattr(self, self.kinds[what % len(self.kinds)])
        for entity in [entity for entity in entities if entity.owner == player.owner][what % 2 :: 2]:
            entities.remove(entity)

    @call
    def turn(self, player: Player, what: int = integer(0, MOST)) -> None:
        """Another value in one field of all of his of a kind: `what` says which kind, which field and which value."""
        for entity in getattr(self, self.kinds[what % len(self.kinds)]):
            if entity.owner == player.owner:
                _change(entity, what)

    @call
    def become(self, player: Player, what: int = integer(0, MOST)) -> None:
        """Another value in one of his own fields."""
        _change(player, what)

    @call
    def tell(self, player: Player, what: int = integer(0, MOST)) -> None:
        """An event of either sort, for everyone, his team, himself or nobody."""
        to = (EVERYONE, team(player.team), owner(player.owner), NOBODY)[what % 4]
        self.emit((Told if what % 8 < 4 else Flash)(number=what), to)


def _change(entity: Entity, what: int) -> None:
    fields = own_fields(type(entity))
    field = fields[what // 8 % len(fields)]
    values: dict[str, Any] = {
        "integer": what,
        "real": float(what),
        "boolean": what % 2 == 1,
        "angle": what % 256,
        "text": str(what),
        "integers": (what, what // 2)[: what % 3],
    }
    setattr(entity, field.name, values[field.type])


def own_fields(record: type[Entity]) -> list[Any]:
    """Those that this module declared."""
    return [field for field in record.layout.fields if field.name[0] == "f" and field.name[1:].isdigit()]


# -- what player 1 may see of it ----------------------------------------------------------------------------------------------
def sees(game: type[Any], player: int, method: str, what: int) -> bool:
    """May player 1 or a spectator see anything of it, if this player does it?"""
    is_mine, is_ours = player == 1, TEAM_OF[player] == TEAM_OF[1]
    visible = {"all"} | ({"team"} if is_ours else set()) | ({"owner"} if is_mine else set())
    kind = what % len(game.kinds)
    if method == "tell":
        return ("all", "team", "owner", "nobody")[what % 4] in visible
    if method == "become":
        fields = own_fields(game.players.record)
        return fields[what // 8 % len(fields)].audience in visible
    if game.watched[kind] not in visible:
        return False
    if method in ("bear", "bury"):
        return True
    fields = own_fields(getattr(game, game.kinds[kind]).record)
    return fields[what // 8 % len(fields)].audience in visible


def turns(game: type[Game], seed: int) -> list[Turn]:
    """What happens in both worlds, and in only one of them."""
    dice = random.Random(f"turns {seed}")

    def acts(most: int, *, seen: bool) -> Acts:
        drawn = [
            (dice.choice(tuple(TEAM_OF)), dice.choice(("bear", "bury", "turn", "become", "tell")), dice.randrange(MOST))
            for _ in range(most)
        ]
        return [act for act in drawn if sees(game, *act) is seen]

    return [
        Turn(
            inputs={player: dice.randint(-1, 1) for player in TEAM_OF},
            seen=acts(4, seen=True),
            unseen=(acts(6, seen=False), acts(6, seen=False)),
            skips=(dice.random() < 0.2, dice.random() < 0.2),
        )
        for _ in range(TICKS)
    ]
