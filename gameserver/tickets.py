"""Join tickets: who may come in, where and as what, signed by whoever knows him.

A ticket is a JWT (RFC 7519), signed with HS256 and nothing else; PyJWT makes and checks the signature, and what the ticket says is
judged here. It lives for a minute at most and opens one door, once: `Admission` remembers its number (`jti`).

    header   {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    claims   {"aud": "gameserver", "room": "arena1", "role": "player", "jti": "…", "iat": …, "nbf": …, "exp": …, "sub"?, "name"?}

Pure: the date is an argument, in seconds since 1970.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Final

import attrs
import jwt

from gameserver.core.errors import Refused
from gameserver.core.limits import DECODE_TEXT, MAX_ACCOUNT, ROOM_PATTERN, TICKET_SECONDS, TICKET_TOLERANCE_SECONDS
from gameserver.core.messages import NoticeCode
from gameserver.core.registry import Limit
from gameserver.core.words import is_name
from gameserver.standing import Rank

if TYPE_CHECKING:
    from gameserver.keys import Key, Keyring

AUDIENCE: Final = "gameserver"
ALGORITHM: Final = "HS256"
ANY_ROOM: Final = "*"
"""For who keeps order on the server."""
NUMBER_BYTES: Final = 16
"""Of a ticket's number: two are never alike."""
ROLES: Final = {rank.name.lower(): rank for rank in Rank}
"""By the names that a ticket gives them."""

_ROOM: Final = re.compile(ROOM_PATTERN)
_NUMBER: Final = re.compile(r"[0-9a-f]{32}")
_REQUIRED: Final = frozenset(("aud", "room", "role", "jti", "iat", "nbf", "exp"))
_OPTIONAL: Final = frozenset(("sub", "name"))
_SIGNER: Final = jwt.PyJWS(algorithms=[ALGORITHM])


class TicketRefused(Refused):
    """This ticket opens nothing. The text tells an honest player what to do, and a forger no more than that."""

    def __init__(self, why: str, *, limit: Limit | None = None) -> None:
        super().__init__(f"{why}: get a new ticket", NoticeCode.REFUSED, limit=limit)


@attrs.frozen(kw_only=True)
class Claims:
    """What a ticket says.

    Attributes:
        room: that it opens, ANY_ROOM for all of them.
        rank: what whoever shows it may do.
        account: by which name whoever signed it knows him.
        name: what he is called here; None: as he says himself.
        number: of this ticket.
        issued_at, not_before, expires_at: seconds since 1970.
    """

    room: str
    rank: Rank
    account: str | None = None
    name: str | None = None
    number: str
    issued_at: int
    not_before: int
    expires_at: int


def is_account(text: str) -> bool:
    """May an account be called so? 1 to 64 characters that can be seen; blanks only within."""
    return 1 <= len(text) <= MAX_ACCOUNT and text.isprintable() and text == text.strip()


def claims_for(
    *,
    room: str,
    rank: Rank,
    number: bytes,
    now: float,
    account: str | None = None,
    name: str | None = None,
    seconds: int = TICKET_SECONDS,
) -> Claims:
    """For a ticket that is made now. Raises ValueError, with a text that says what would be right."""
    if room != ANY_ROOM and not _ROOM.fullmatch(room):
        raise ValueError(f"{room!r} is no name of a room: it has 1 to 32 letters a-z and digits")
    if room == ANY_ROOM and rank is not Rank.ADMIN:
        raise ValueError(f"a ticket for every room ({ANY_ROOM}) is for an admin: name the room")
    if account is not None and not is_account(account):
        raise ValueError(f"an account is called by 1 to {MAX_ACCOUNT} characters that can be seen")
    if name is not None and not is_name(name):
        raise ValueError(f"{name!r} is no name of a player: 1 to 24 characters that can be seen")
    if not 1 <= seconds <= TICKET_SECONDS:
        raise ValueError(f"a ticket lives for 1 to {TICKET_SECONDS} seconds")
    at = int(now)
    return Claims(
        room=room,
        rank=rank,
        account=account,
        name=name,
        number=number.hex(),
        issued_at=at,
        not_before=at,
        expires_at=at + seconds,
    )


def sign(claims: Claims, key: Key) -> str:
    """The ticket. Raises ValueError if it would be too long for HELLO."""
    said: dict[str, Any] = {
        "aud": AUDIENCE,
        "room": claims.room,
        "role": claims.rank.name.lower(),
        "jti": claims.number,
        "iat": claims.issued_at,
        "nbf": claims.not_before,
        "exp": claims.expires_at,
    }
    if claims.account is not None:
        said["sub"] = claims.account
    if claims.name is not None:
        said["name"] = claims.name
    payload = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    ticket = _SIGNER.encode(payload, key.secret, ALGORITHM, {"kid": key.kid})
    if len(ticket) > DECODE_TEXT:
        raise ValueError(f"account and name make the ticket longer than the {DECODE_TEXT} bytes that HELLO may carry: shorten them")
    return ticket


def read_ticket(ticket: str, keys: Keyring, *, now: float) -> Claims:
    """What the ticket says, if it is one of ours and its time is now. Raises TicketRefused."""
    claims = _verified(ticket, keys)
    if now > claims.expires_at + TICKET_TOLERANCE_SECONDS:
        raise TicketRefused("this ticket has expired", limit=Limit.TICKET_TOLERANCE_SECONDS)
    if now < max(claims.issued_at, claims.not_before) - TICKET_TOLERANCE_SECONDS:
        raise TicketRefused("this ticket is not valid")
    return claims


def number_of(ticket: str, keys: Keyring) -> str:
    """The number of a ticket of ours, also of one whose time is over. Raises TicketRefused."""
    return _verified(ticket, keys).number


def _verified(ticket: str, keys: Keyring) -> Claims:
    """What it says, whenever that holds."""
    try:
        if len(ticket) > DECODE_TEXT or not _is_canonical(ticket):
            raise ValueError
        key = keys.find(jwt.get_unverified_header(ticket).get("kid", ""))
        if key is None:
            raise ValueError
        payload = _SIGNER.decode(ticket, key.secret, [ALGORITHM])
        return _claims(json.loads(payload))
    except (jwt.InvalidTokenError, ValueError, RecursionError, TypeError) as error:
        raise TicketRefused("this ticket is not valid") from error


def _is_canonical(ticket: str) -> bool:
    """Is it written in the one way? Decoders of base64 pass over what does not matter, so that one ticket would have many forms."""
    parts = ticket.encode("ascii").split(b".")  # raises UnicodeEncodeError, a ValueError
    return len(parts) == 3 and all(base64.urlsafe_b64encode(_unpadded(part)).rstrip(b"=") == part for part in parts)


def _unpadded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _claims(said: object) -> Claims:
    """Raises ValueError: what is signed is still checked, since other programs may sign tickets too."""
    if type(said) is not dict or not said.keys() >= _REQUIRED or not said.keys() <= _REQUIRED | _OPTIONAL:
        raise ValueError
    times = tuple(said[name] for name in ("iat", "nbf", "exp"))
    if any(type(time) is not int for time in times):
        raise ValueError
    issued_at, not_before, expires_at = times
    if not issued_at <= not_before <= expires_at <= issued_at + TICKET_SECONDS:
        raise ValueError
    room, number, role = said["room"], said["jti"], said["role"]
    if said["aud"] != AUDIENCE or type(role) is not str or role not in ROLES:
        raise ValueError
    rank = ROLES[role]
    if type(room) is not str or not (_ROOM.fullmatch(room) or (room == ANY_ROOM and rank is Rank.ADMIN)):
        raise ValueError
    if type(number) is not str or not _NUMBER.fullmatch(number):
        raise ValueError
    account, name = said.get("sub"), said.get("name")
    if ("sub" in said and (type(account) is not str or not is_account(account))) or (
        "name" in said and (type(name) is not str or not is_name(name))
    ):
        raise ValueError
    return Claims(
        room=room,
        rank=rank,
        account=account,
        name=name,
        number=number,
        issued_at=issued_at,
        not_before=not_before,
        expires_at=expires_at,
    )
