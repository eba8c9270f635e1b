"""Who may not come in, until when and why; and which tickets are void. A ban is of an account or of a network.

All of it is one log in the store, so that it outlives the server (`serve --data`) and every server of a store has it: each reads on
once in BAN_POLL_SECONDS. Whoever is in a room is sent away as soon as his server has read of it. A store that cannot be read costs
what it would have said, until it can: known bans go on to count, and nobody is shut out for it.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameserver.caller import V6_BUCKET_BITS, plain_address
from gameserver.core.errors import Refused
from gameserver.core.limits import (
    BAN_POLL_SECONDS,
    MAX_BAN_SECONDS,
    MAX_BANS,
    MAX_KICK_TEXT,
    TICKET_SECONDS,
    TICKET_TOLERANCE_SECONDS,
)
from gameserver.core.messages import NoticeCode
from gameserver.tickets import is_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameserver.ports import Randomness, Store, WallClock
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.bans")

BANS: Final = "bans"
"""The log in the store."""
REVOKED_SECONDS: Final = TICKET_SECONDS + 4 * TICKET_TOLERANCE_SECONDS
"""How long a void ticket is remembered: longer than any server would take it."""
WIDEST: Final = {4: 8, 6: 16}
"""Least bits of a network that can be banned, by version: a slip of the finger shall not shut everybody out."""
ID_BYTES: Final = 6
_PAGE: Final = 1_000
_NUMBER: Final = re.compile(r"[0-9a-f]{32}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@attrs.frozen(kw_only=True)
class Ban:
    """One of them; either `account` or `network` says whose.

    Attributes:
        id: by which it is lifted.
        account: as it stands in tickets.
        network: addresses, as CIDR.
        since, until: seconds since 1970.
        reason: he is told.
        by: the admin's account, if he has one.
    """

    id: str
    account: str | None = None
    network: str | None = None
    since: float
    until: float
    reason: str
    by: str | None = None

    def refusal(self) -> Refused:
        """What somebody is told who is banned."""
        until = datetime.fromtimestamp(self.until, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return Refused(f"you are banned until {until}: {self.reason}", NoticeCode.KICKED)


class Bans:
    """Of one server. See the module."""

    def __init__(self, *, store: Store, randomness: Randomness, wall_clock: WallClock, on_change: Callable[[], None]) -> None:
        """`on_change` is called when somebody who may be in a room is banned, or his ticket is void."""
        self._store = store
        self._randomness = randomness
        self._wall_clock = wall_clock
        self._on_change = on_change
        self._read = 0
        """Records of the log that were read."""
        self._reading = trio.Lock()
        self._is_told = False
        """The operator is, that the store cannot be read."""
        self._bans: dict[str, Ban] = {}
        self._accounts: dict[str, Ban] = {}
        """The one that ends last, of each account; likewise below."""
        self._networks: dict[tuple[int, int], dict[int, Ban]] = {}
        """By version and number of bits, by the bits."""
        self._revoked: dict[str, float] = {}
        """Numbers of void tickets, and until when they are remembered."""

    async def run(self) -> None:
        """Read on until cancelled."""
        while True:
            await self.refresh()
            await trio.sleep(BAN_POLL_SECONDS)

    async def refresh(self) -> None:
        """Read what is new."""
        try:
            async with self._reading:
                while records := await self._store.read(BANS, self._read, _PAGE):
                    self._read += len(records)
                    self._take(records)
        except OSError as error:
            if not self._is_told:
                log.error("the list of bans cannot be read; those that are known go on to count: %s", error)
            self._is_told = True
        else:
            self._is_told = False

    # -- questions ---------------------------------------------------------------------------------------------------------
    @property
    def active(self) -> list[Ban]:
        """Those that count now, the oldest first."""
        self._forget_what_is_over()
        return list(self._bans.values())

    def check(self, standing: Standing) -> None:
        """Raise Refused if he may not be here."""
        if standing.ticket is not None and self.is_void(standing.ticket):
            raise Refused("your ticket was revoked", NoticeCode.KICKED)
        ban = self._ban_of(standing)
        if ban is not None:
            raise ban.refusal()

    def is_void(self, number: str) -> bool:
        """Was the ticket of this number revoked?"""
        return number in self._revoked

    def _ban_of(self, standing: Standing) -> Ban | None:
        now = self._wall_clock.now()
        if standing.account is not None:
            ban = self._accounts.get(standing.account)
            if ban is not None and now < ban.until:
                return ban
        plain = plain_address(standing.caller.address)
        if not plain:
            return None
        address = ipaddress.ip_address(plain)
        for (version, bits), networks in self._networks.items():
            if version == address.version:
                ban = networks.get(int(address) >> (address.max_prefixlen - bits))
                if ban is not None and now < ban.until:
                    return ban
        return None

    # -- changes -----------------------------------------------------------------------------------------------------------
    async def ban(
        self,
        *,
        account: str | None = None,
        address: str | None = None,
        seconds: float,
        reason: str,
        by: str | None = None,
    ) -> Ban:
        """Shut this account out, or this address or network (CIDR). Who of them is here is sent away.

        Raises ValueError, which says what would be right, and OSError if the store does not keep it: then nobody is banned.
        """
        if (account is None) is (address is None):
            raise ValueError("ban either an account or an address")
        if account is not None and not is_account(account):
            raise ValueError(f"{account!r} is no account")
        if not 0 < seconds <= MAX_BAN_SECONDS:
            raise ValueError(f"a ban lasts more than 0 and at most {MAX_BAN_SECONDS} seconds")
        if not 1 <= len(reason) <= MAX_KICK_TEXT or not reason.isprintable():
            raise ValueError(f"a reason has 1 to {MAX_KICK_TEXT} characters that can be seen: he will read it")
        self._forget_what_is_over()
        if len(self._bans) >= MAX_BANS:
            raise ValueError(f"there are {MAX_BANS} bans: lift some, or ban networks instead of addresses")
        now = self._wall_clock.now()
        made = Ban(
            id=self._randomness.token(ID_BYTES).hex(),
            account=account,
            network=str(network_of(address)) if address is not None else None,
            since=now,
            until=now + seconds,
            reason=reason,
            by=by,
        )
        await self._write({"kind": "ban", **attrs.asdict(made)})
        return made

    async def lift(self, ban_id: str) -> Ban | None:
        """Let him in again. Returns the ban, None if there is none of this id. Raises OSError."""
        await self.refresh()
        ban = self._bans.get(ban_id)
        if ban is not None:
            await self._write({"kind": "unban", "id": ban_id})
        return ban

    async def revoke(self, number: str) -> None:
        """This ticket is void: it opens nothing any more, and whoever came in with it is sent away. Raises ValueError, OSError."""
        if not _NUMBER.fullmatch(number):
            raise ValueError("the number of a ticket has 32 digits 0-9a-f")
        await self._write({"kind": "revoke", "number": number, "at": self._wall_clock.now()})

    async def _write(self, record: dict[str, Any]) -> None:
        await self._store.append(BANS, json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
        await self.refresh()

    # -- the log -----------------------------------------------------------------------------------------------------------
    def _take(self, records: Iterable[bytes]) -> None:
        """They were said in this order."""
        now = self._wall_clock.now()
        has_changed = False
        for record in records:
            try:
                has_changed |= self._take_one(json.loads(record), now)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
                log.warning("a record of the list of bans cannot be read, and is passed over: %r", error)
        if has_changed:
            self._on_change()

    def _take_one(self, said: dict[str, Any], now: float) -> bool:
        """Is there somebody fewer who may be here? Raises ValueError or its kin for what is no record."""
        match said["kind"]:
            case "ban":
                ban = Ban(**{field.name: said[field.name] for field in attrs.fields(Ban)})
                if ban.until <= now:
                    return False
                ban.refusal()  # first, like the next: it raises for one that cannot be
                self._index(ban)
                self._bans[ban.id] = ban
                return True
            case "unban":
                if self._bans.pop(str(said["id"]), None) is not None:
                    self._index_anew()
                return False
            case "revoke":
                number, at = str(said["number"]), float(said["at"])
                if now < at + REVOKED_SECONDS:
                    self._revoked[number] = at + REVOKED_SECONDS
                    return True
                return False
            case kind:
                raise ValueError(f"{kind!r} is unknown: a newer server has written it")

    def _index(self, ban: Ban) -> None:
        if ban.account is not None:
            _keep_longest(self._accounts, ban.account, ban)
        if ban.network is not None:
            network = ipaddress.ip_network(ban.network)
            held = self._networks.setdefault((network.version, network.prefixlen), {})
            _keep_longest(held, int(network.network_address) >> (network.max_prefixlen - network.prefixlen), ban)

    def _index_anew(self) -> None:
        self._accounts, self._networks = {}, {}
        for ban in self._bans.values():
            self._index(ban)

    def _forget_what_is_over(self) -> None:
        now = self._wall_clock.now()
        self._revoked = {number: until for number, until in self._revoked.items() if now < until}
        if any(ban.until <= now for ban in self._bans.values()):
            self._bans = {number: ban for number, ban in self._bans.items() if now < ban.until}
            self._index_anew()


def network_of(text: str) -> Network:
    """The addresses that are meant: a network, or one address, which stands for its whole home (/64) if it is IPv6.

    Raises ValueError, which says what would be right.
    """
    given = text.strip()
    if "/" not in given:
        plain = plain_address(given)
        if not plain:
            raise ValueError(f"{text!r} is no address, and no network like 203.0.113.0/24")
        given = f"{plain}/{V6_BUCKET_BITS}" if ":" in plain else plain
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no address, and no network like 203.0.113.0/24") from None
    if network.is_loopback:
        raise ValueError(f"{network} is this machine: name the proxy with `serve --proxy`, then who is behind it can be banned")
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f"{network} would shut out too many: a network has at least /{WIDEST[network.version]}")
    return network


def _keep_longest(held: dict[Any, Ban], key: object, ban: Ban) -> None:
    known = held.get(key)
    if known is None or known.until <= ban.until:
        held[key] = ban
