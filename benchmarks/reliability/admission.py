"""Who is not let in: spellings of Origin, tickets, guessed resume tokens, each put to the function that decides."""

from __future__ import annotations

import base64
import hmac
import json
import random
from typing import TYPE_CHECKING, Any, Final

import trio

from benchmarks.feel.table import Row
from gameserver.core.limits import TICKET_SECONDS, TICKET_TOLERANCE_SECONDS, TOKEN_BYTES
from gameserver.doors import make_doors
from gameserver.keys import Key, Keyring
from gameserver.net.gate import HeadRefused, Sender
from gameserver.standing import Rank
from gameserver.tickets import ANY_ROOM, TicketRefused, claims_for, read_ticket, sign
from tests.helpers import make_room, sit

if TYPE_CHECKING:
    from collections.abc import Iterator

GUESSES: Final = 1_000_000
GUESSES_SMALL: Final = 10_000

HOST: Final = "127.0.0.1:8765"
OWN: Final = f"http://{HOST}"
ORIGINS: Final[dict[str, bool]] = {
    OWN: True,
    OWN.upper(): True,
    "https://www.example": True,
    "https://www.example:443": True,
    "null": False,
    "": False,
    f"https://{HOST}": False,
    "http://127.0.0.1": False,
    "http://127.0.0.1:8766": False,
    "http://localhost:8765": False,
    "http://evil.example": False,
    f"http://evil{HOST}": False,
    f"http://{HOST}.evil.example": False,
    "http://127.0.0.1.evil.example:8765": False,
    f"http://{HOST}@evil.example": False,
    f"http://evil@{HOST}": False,
    f"{OWN}/": False,
    f"{OWN},{OWN}": False,
    f"{OWN} {OWN}": False,
    "http://www.example": False,
    "https://www.example.": False,
    "https://a.www.example": False,
    "https://www.xn--xample-2of": False,
    "https://www.ex\u0430mple": False,
    "http://2130706433:8765": False,
    "file://": False,
    "chrome-extension://abcdefghijklmnop": False,
}
"""Spellings, and whether such a page may connect."""

NOW: Final = 1_800_000_000.0
KEY: Final = Key("k2", b"n" * 32)
OLD: Final = Key("k1", b"o" * 32)
GONE: Final = Key("k0", b"g" * 32)
NUMBER: Final = bytes(range(16))


def measure(*, small: bool) -> Iterator[Row]:
    """The rows of the table."""
    yield _origins()
    yield _tickets()
    yield _flipped_bits()
    yield _guessed_tokens(GUESSES_SMALL if small else GUESSES)


def _origins() -> Row:
    doors = make_doors(listens_on="127.0.0.1", hosts=(), origins=["https://www.example"], proxies=())

    def may(origin: str) -> bool:
        try:
            doors.check_origin(Sender(HOST, origin), "127.0.0.1")
        except HeadRefused:
            return False
        return True

    wrong = [origin for origin, expected in ORIGINS.items() if may(origin) is not expected]
    count = len(ORIGINS)
    return Row(f"{count} spellings of Origin", "the right answer to each", f"{count - len(wrong)} right{_named(wrong)}", not wrong)


def _ticket(key: Key = KEY, *, seconds: float = 0.0, **claims: Any) -> str:  # noqa: ANN401 - what claims_for takes
    said = {"room": "arena1", "rank": Rank.PLAYER, "number": NUMBER, "now": NOW + seconds, **claims}
    return sign(claims_for(**said), key)


def _forged(header: dict[str, Any] | None = None, secret: bytes = KEY.secret, **changes: Any) -> str:  # noqa: ANN401 - JSON
    """A ticket made by hand; a claim that is ... is left out."""
    at = int(NOW)
    said = {"aud": "gameserver", "room": "arena1", "role": "player", "jti": NUMBER.hex(), "iat": at, "nbf": at, "exp": at + 60}
    claims = {name: value for name, value in (said | changes).items() if value is not ...}
    data = f"{_base64(header or {'alg': 'HS256', 'kid': 'k2'})}.{_base64(claims)}"
    signature = hmac.digest(secret, data.encode(), "sha256")
    return f"{data}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _base64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _tickets() -> Row:
    """Each is put to the function that judges; that one opens once is the store's to say (tests/test_admission.py)."""
    late = TICKET_SECONDS + TICKET_TOLERANCE_SECONDS
    cases: dict[str, tuple[str, bool]] = {
        "good": (_ticket(), True),
        "by hand": (_forged(), True),
        "of the key before": (_ticket(OLD), True),
        "of an admin, for every room": (_ticket(room=ANY_ROOM, rank=Rank.ADMIN), True),
        "of a clock 30 s ahead": (_ticket(seconds=TICKET_TOLERANCE_SECONDS), True),
        "of a clock 30 s behind, at its end": (_ticket(seconds=-late), True),
        "of a clock 31 s ahead": (_ticket(seconds=TICKET_TOLERANCE_SECONDS + 1), False),
        "expired": (_ticket(seconds=-late - 1), False),
        "of a key that is gone": (_ticket(GONE), False),
        "alg none": (_forged({"alg": "none", "kid": "k2"}), False),
        "alg none, unsigned": (_forged({"alg": "none", "kid": "k2"}).rpartition(".")[0] + ".", False),
        "unsigned": (_forged().rpartition(".")[0] + ".", False),
        "alg HS512": (_forged({"alg": "HS512", "kid": "k2"}), False),
        "alg RS256": (_forged({"alg": "RS256", "kid": "k2"}), False),
        "no kid": (_forged({"alg": "HS256"}), False),
        "kid of the other key": (_forged({"alg": "HS256", "kid": "k1"}), False),
        "an empty secret": (_forged(secret=b""), False),
        "its own key in its header": (_forged({"alg": "HS256", "jwk": {"kty": "oct"}}, secret=b"x" * 32), False),
        "another audience": (_forged(aud="shop"), False),
        "no audience": (_forged(aud=...), False),
        "every room, for a player": (_forged(room=ANY_ROOM), False),
        "a room that is none": (_forged(room="../x"), False),
        "a role that is none": (_forged(role="root"), False),
        "no number": (_forged(jti=...), False),
        "a long life": (_forged(exp=int(NOW) + 61), False),
        "no end": (_forged(exp=...), False),
        "a fraction of an end": (_forged(exp=NOW + 0.5), False),
        "a claim of its own": (_forged(admin=True), False),
        "an account that is null": (_forged(sub=None), False),
        "padded": (_ticket() + "=", False),
        "with a line end": (_ticket().replace(".", ".\n", 1), False),
        "nothing": ("", False),
    }
    wrong = [name for name, (ticket, expected) in cases.items() if _opens(ticket) is not expected]
    return Row(f"{len(cases)} tickets", "the right answer to each", f"{len(cases) - len(wrong)} right{_named(wrong)}", not wrong)


def _flipped_bits() -> Row:
    ticket = _ticket().encode()
    changed = [_flip(ticket, bit).decode("latin-1") for bit in range(8 * len(ticket))]
    taken = sum(map(_opens, changed))
    return Row("a ticket with one bit of its text flipped, every bit", "0 are taken", f"{taken} of {len(changed)}", not taken)


def _opens(ticket: str) -> bool:
    try:
        read_ticket(ticket, Keyring([KEY, OLD]), now=NOW)
    except TicketRefused:
        return False
    return True


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _guessed_tokens(count: int) -> Row:
    hits, right = trio.run(_guess, count)
    return Row(f"{count:,} guessed resume tokens", "0 open the seat, the right one does", f"{hits} did", not hits and right)


async def _guess(count: int) -> tuple[int, bool]:
    """How many other tokens open a seat, and whether the right one does. The last of them are very near to it."""
    rng = random.Random(7)
    seat = sit(make_room()).seat
    right = rng.randbytes(TOKEN_BYTES)
    seat.offer(right)
    near = [_flip(right, bit) for bit in range(8 * TOKEN_BYTES)]
    near += [right[:length] for length in range(TOKEN_BYTES)] + [right + b"\0", b"\0" + right]
    hits = sum(seat.opens(rng.randbytes(TOKEN_BYTES)) for _ in range(count - len(near)))
    return hits + sum(map(seat.opens, near)), seat.opens(right)


def _named(wrong: list[str]) -> str:
    return f", wrong: {'; '.join(map(repr, wrong))}" if wrong else ""
