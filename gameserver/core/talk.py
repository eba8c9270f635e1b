"""What every room has beside its game's rules: chat, emotes, who is heard, and who keeps order.

The game's own class has the calls (`Game.chat`, `emote`, `mute`, `silence`, `expel`); here is what they remember. It is state of
the room like any other: it is saved, restored and hashed with the world, and what is said is in the recording because calls are.
Who may use which stands in `gameserver.core.rights`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.audience import EVERYONE, MAX_PLAYER, PlayerId, team
from gameserver.core.errors import Refused
from gameserver.core.fields import boolean, integer, integers, text
from gameserver.core.limits import CHAT_AT_ONCE, CHAT_SECONDS, EMOTE_SECONDS, EMOTES_AT_ONCE, MAX_CHAT, MAX_SEATS
from gameserver.core.record import Event, Player
from gameserver.core.registry import Limit
from gameserver.core.rights import Rank
from gameserver.core.words import has_towers, spoken

if TYPE_CHECKING:
    from gameserver.core.audience import Audience

EMOTES: Final = 16
"""Which picture a number stands for is the page's affair."""
MOST_SCORE: Final = 2**31 - 1
"""Either way: what every language reads as an integer without further ado."""


class Said(Event, reliable=True):
    """A chat line."""

    player: int = integer(0, MAX_PLAYER)
    to_team: bool = boolean()
    text: str = text(MAX_CHAT)


class Emoted(Event):
    """A player shows an emote. Cosmetic."""

    player: int = integer(0, MAX_PLAYER)
    which: int = integer(0, EMOTES - 1)


class Ended(Event, reliable=True):
    """A match has ended with this result: PlayerIds, and each one's score."""

    winners: tuple[int, ...] = integers(0, MAX_PLAYER, most=MAX_SEATS)
    players: tuple[int, ...] = integers(0, MAX_PLAYER, most=MAX_SEATS)
    scores: tuple[int, ...] = integers(-MOST_SCORE, MOST_SCORE, most=MAX_SEATS)


BUILT_IN_EVENTS: Final[tuple[type[Event], ...]] = (Said, Emoted, Ended)
"""They follow the game's own in every schema."""


@attrs.define
class _Voice:
    """One player's. A due tick is the one at which he may say as much at once as if he had been silent (GCRA)."""

    chat_due: int = 0
    emote_due: int = 0
    silenced: bool = False
    mutes: set[PlayerId] = attrs.field(factory=set)
    """Whom he does not want to hear."""
    title: Rank | None = None
    """HOST or ADMIN if his ticket made him that."""


class Talk:
    """Who said how much, and who is heard by whom. Ticks are the room's."""

    def __init__(self, tick_rate: int) -> None:
        self._chat_ticks = max(1, round(CHAT_SECONDS * tick_rate))
        self._emote_ticks = max(1, round(EMOTE_SECONDS * tick_rate))
        self._voices: dict[PlayerId, _Voice] = {}

    # -- what is said ------------------------------------------------------------------------------------------------------
    def say(self, player: Player, line: str, tick: int, *, to_team: bool) -> tuple[Said, Audience, frozenset[PlayerId]]:
        """A line for everyone or the own team: the event, for whom, and who does not want it. Raises Refused, in words."""
        heard = spoken(line)
        if heard is None:
            limit = Limit.MAX_MARKS if has_towers(line) else None
            raise Refused(f"a line has 1 to {MAX_CHAT} characters and no control characters", limit=limit)
        if to_team and not player.team:
            raise Refused("you have no team")
        voice = self._voice_of(player)
        voice.chat_due = _take(
            voice.chat_due, tick, self._chat_ticks, CHAT_AT_ONCE, Refused("not so fast", limit=Limit.CHAT_SECONDS)
        )
        said = Said(player=player.owner, to_team=to_team, text=heard)
        deaf = frozenset(number for number, other in self._voices.items() if player.owner in other.mutes)
        return said, team(player.team) if to_team else EVERYONE, deaf

    def emote(self, player: Player, which: int, tick: int) -> Emoted:
        """The event. Raises Refused, in words."""
        voice = self._voice_of(player)
        refusal = Refused("one emote a second", limit=Limit.EMOTE_SECONDS)
        voice.emote_due = _take(voice.emote_due, tick, self._emote_ticks, EMOTES_AT_ONCE, refusal)
        return Emoted(player=player.owner, which=which)

    def _voice_of(self, player: Player) -> _Voice:
        voice = self._voices.setdefault(player.owner, _Voice())
        if voice.silenced:
            raise Refused("the host has silenced you")
        return voice

    # -- who is heard ------------------------------------------------------------------------------------------------------
    def mute(self, player: PlayerId, other: PlayerId, *, muted: bool) -> None:
        """He does not want to hear the other, or does again."""
        mutes = self._voices.setdefault(player, _Voice()).mutes
        if muted:
            mutes.add(other)
        else:
            mutes.discard(other)

    def silence(self, player: PlayerId, *, silenced: bool) -> None:
        """Nobody hears him, or all do again."""
        self._voices.setdefault(player, _Voice()).silenced = silenced

    def forget(self, player: PlayerId) -> None:
        """He has left; his number will be given to somebody else one day."""
        self._voices.pop(player, None)
        for voice in self._voices.values():
            voice.mutes.discard(player)

    # -- who keeps order -----------------------------------------------------------------------------------------------------
    def entitle(self, player: PlayerId, title: Rank) -> None:
        """His ticket makes him a HOST or an ADMIN."""
        self._voices.setdefault(player, _Voice()).title = title

    def rank_of(self, player: Player) -> Rank:
        """What he may do in this room: by his ticket, or because he came first (Player.host)."""
        voice = self._voices.get(player.owner)
        if voice is not None and voice.title is not None:
            return voice.title
        if player.host:
            return Rank.HOST
        return Rank.BOT if player.bot else Rank.PLAYER

    def is_entitled(self, player: PlayerId) -> bool:
        """Did his ticket make him a host or an admin?"""
        voice = self._voices.get(player)
        return voice is not None and voice.title is not None

    # -- as bytes ----------------------------------------------------------------------------------------------------------
    def to_plain(self) -> list[Any]:
        """Plain values for a checkpoint and the hash; in a fixed order."""
        return [
            [number, voice.chat_due, voice.emote_due, voice.silenced, sorted(voice.mutes)]
            + ([int(voice.title)] if voice.title is not None else [])
            for number, voice in sorted(self._voices.items())
        ]

    def from_plain(self, plain: Any) -> None:  # noqa: ANN401 - what to_plain gave, back from msgpack
        """Become what was saved."""
        self._voices = {
            number: _Voice(chat_due, emote_due, silenced, set(mutes), Rank(title[0]) if title else None)
            for number, chat_due, emote_due, silenced, mutes, *title in plain
        }


def _take(due: int, tick: int, ticks: int, at_once: int, refusal: Refused) -> int:
    """The new due tick. Raises the refusal if too much has been said already."""
    due = max(due, tick)
    if due - tick > ticks * (at_once - 1):
        raise refusal
    return due + ticks
