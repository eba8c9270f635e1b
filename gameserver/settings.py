"""What a server was asked for, and what follows from it: where it listens, who may come in, whom it answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import attrs

from gameserver.caller import is_loopback
from gameserver.core.brain import STRENGTH
from gameserver.core.errors import GameserverError
from gameserver.core.limits import ADDRESS_CONNECTIONS, DRAIN_SECONDS, MAX_CONNECTIONS, WATCH_DELAY_SECONDS
from gameserver.doors import Doors, make_doors
from gameserver.keys import KeyFileError, Keyring, read_keys
from gameserver.lan import ANYWHERE
from gameserver.shelf import QUOTA_BYTES

if TYPE_CHECKING:
    from gameserver.fork import Fork

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
NOWHERE: Final = "off"
"""A folder that is none."""


class UsageError(GameserverError):
    """What the user asked for cannot be done; the text says why and what to do. The command line ends with 2."""


@attrs.frozen(kw_only=True)
class ServeSettings:
    """What `gameserver serve` was asked for. The command line's help explains each."""

    host: str = LOOPBACK[0]
    lan: bool = False
    colours: bool = False
    port: int = 8765
    games: tuple[str, ...] = ("arena",)
    rooms: tuple[str, ...] = ()
    map: str = ""
    options: tuple[str, ...] = ()
    bots: int = 0
    strength: int = STRENGTH
    seed: int | None = None
    create_rooms: bool = True
    link: Literal["lane", "plain"] = "lane"
    data: str = "gameserver-data"
    record: str = "recordings"
    record_quota: int = QUOTA_BYTES // 2**20
    watch_delay: float = WATCH_DELAY_SECONDS
    drain: float = DRAIN_SECONDS
    dev: bool = False
    reload: bool = False
    keys: str = ""
    open: bool = False
    join: Literal["public", "tickets"] = "public"
    origins: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    per_address: int = ADDRESS_CONNECTIONS
    fork: Fork | None = None
    """Its rooms go on from this; it has their options, map and seed."""

    @property
    def develops(self) -> bool:
        """Is it for who writes a game?"""
        return self.dev or self.reload

    @property
    def is_on_loopback(self) -> bool:
        """Does only this machine reach it? `lan` has the last word on that."""
        return self.host in LOOPBACK or is_loopback(self.host)

    @property
    def meets_strangers(self) -> bool:
        """Do people come who know nothing of each other? Not on one machine or in one network, as far as the settings tell."""
        is_near = self.lan or self.is_on_loopback
        return not is_near or bool(self.keys or self.proxies)

    def listening_host(self) -> str:
        """Where it listens. Raises UsageError if that is said twice, or is no place for what was asked."""
        if self.lan and self.host != LOOPBACK[0]:
            raise UsageError(f"--lan listens on all addresses: leave --host out, or it ({self.host})")
        host = ANYWHERE if self.lan else self.host
        if self.develops and (self.lan or not self.is_on_loopback):
            option = "--lan" if self.lan else "--host"
            raise UsageError(f"--dev and --reload show players what fails inside: leave {option} out, or them ({host})")
        return host

    def keyring(self) -> Keyring | None:
        """The keys that were asked for, None for a server that is open. Raises UsageError, also if nobody has said which."""
        if self.keys and (self.open or self.lan):
            option = "--lan" if self.lan else "--open"
            raise UsageError(f"{option} lets everybody in, and --keys only who has a ticket: leave one of them out")
        if self.keys:
            try:
                return Keyring(read_keys(Path(self.keys)))
            except KeyFileError as error:
                raise UsageError(str(error)) from error
        if self.join == "tickets":
            raise UsageError("--join tickets needs --keys: without keys everybody is let in")
        if not (self.open or self.lan or self.is_on_loopback):
            raise UsageError(
                f"others may reach {self.host}: give --keys FILE, which lets in who has a ticket (`gameserver keys new FILE` makes "
                "one), or --open, which lets in everybody"
            )
        return None

    def doors(self) -> Doors:
        """Whom it answers. Raises UsageError, also as `listening_host` does."""
        try:
            return make_doors(
                listens_on=self.listening_host(),
                hosts=self.allow_hosts,
                origins=self.origins,
                proxies=self.proxies,
                per_address=self.per_address or MAX_CONNECTIONS,
            )
        except ValueError as error:
            raise UsageError(str(error)) from error
