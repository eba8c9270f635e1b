"""Join tickets and the keys that sign them: what opens, and what does not, whoever made it."""

from __future__ import annotations

import base64
import hmac
import json
import os
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.limits import DECODE_TEXT, MAX_ACCOUNT, TICKET_SECONDS, TICKET_TOLERANCE_SECONDS
from gameserver.keys import Key, KeyFileError, Keyring, new_key, parse_keys, read_keys, rotate, write_new
from gameserver.standing import Rank
from gameserver.tickets import ANY_ROOM, Claims, TicketRefused, claims_for, read_ticket, sign

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = 1_800_000_000.0
NEW: Final = Key("k2", b"n" * 32)
OLD: Final = Key("k1", b"o" * 32)
RING: Final = Keyring([NEW, OLD])
NUMBER: Final = bytes(range(16))

CLAIMS: Final = claims_for(room="arena1", rank=Rank.PLAYER, number=NUMBER, now=NOW, account="ann@example.org", name="ann")
SAID: Final[dict[str, Any]] = {
    "aud": "gameserver",
    "room": "arena1",
    "role": "player",
    "jti": NUMBER.hex(),
    "iat": int(NOW),
    "nbf": int(NOW),
    "exp": int(NOW) + 60,
}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(said: object = None, *, header: dict[str, Any] | None = None, secret: bytes = NEW.secret, digest: str = "sha256") -> str:
    """A ticket as another program would make it: by hand, so that this does not ask the library whether it is right."""
    head = {"alg": "HS256", "kid": "k2", "typ": "JWT"} if header is None else header
    data = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(SAID if said is None else said).encode())}"
    return f"{data}.{b64(hmac.new(secret, data.encode(), digest).digest())}"


def with_claims(**changes: object) -> str:
    """A well-signed ticket with other claims; ... leaves one out."""
    return forge({name: value for name, value in (SAID | changes).items() if value is not ...})


def read(ticket: str, now: float = NOW) -> Claims:
    return read_ticket(ticket, RING, now=now)


# -- what opens -------------------------------------------------------------------------------------------------------------
def test_a_ticket_says_what_was_signed() -> None:
    assert read(sign(CLAIMS, NEW)) == CLAIMS
    assert read(sign(CLAIMS, OLD)) == CLAIMS, "the key before the last one is still alive"


def test_another_program_can_sign_tickets() -> None:
    claims = read(forge())
    assert (claims.room, claims.rank, claims.account, claims.name) == ("arena1", Rank.PLAYER, None, None)


@given(
    room=st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True),
    rank=st.sampled_from(Rank),
    account=st.none() | st.from_regex(r"[a-zA-Z0-9@.:_-]{1,64}", fullmatch=True),
    seconds=st.integers(1, TICKET_SECONDS),
    now=st.floats(0, 1e10),
)
def test_every_ticket_comes_back_as_it_was_made(room: str, rank: Rank, account: str | None, seconds: int, now: float) -> None:
    claims = claims_for(room=room, rank=rank, number=NUMBER, now=now, account=account, name="zoë", seconds=seconds)
    ticket = sign(claims, NEW)
    assert len(ticket.encode()) <= DECODE_TEXT
    assert read(ticket, now) == claims


@pytest.mark.parametrize(
    ("seconds", "opens"),
    [
        (-TICKET_TOLERANCE_SECONDS - 1, False),
        (-TICKET_TOLERANCE_SECONDS, True),
        (0, True),
        (TICKET_SECONDS + TICKET_TOLERANCE_SECONDS, True),
        (TICKET_SECONDS + TICKET_TOLERANCE_SECONDS + 0.1, False),
    ],
)
def test_clocks_may_differ_by_half_a_minute(seconds: float, opens: bool) -> None:
    if opens:
        assert read(sign(CLAIMS, NEW), NOW + seconds) == CLAIMS
    else:
        with pytest.raises(TicketRefused):
            read(sign(CLAIMS, NEW), NOW + seconds)


# -- what does not ----------------------------------------------------------------------------------------------------------
GOOD: Final = forge()
HEAD, BODY, SIGNATURE = GOOD.split(".")

REFUSED: Final[dict[str, str]] = {
    "nothing": "",
    "no ticket": "gold",
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "a signature of another": f"{HEAD}.{BODY}.{forge(secret=OLD.secret).split('.')[2]}",
    "a short signature": GOOD[:-2],
    "alg none": forge(header={"alg": "none", "kid": "k2"}),
    "alg none, unsigned": f"{b64(json.dumps({'alg': 'none', 'kid': 'k2'}).encode())}.{BODY}.",
    "alg nOnE": forge(header={"alg": "nOnE", "kid": "k2"}),
    "HS512": forge(header={"alg": "HS512", "kid": "k2"}, digest="sha512"),
    "RS256 with the secret as key": forge(header={"alg": "RS256", "kid": "k2"}),
    "no kid": forge(header={"alg": "HS256"}),
    "an unknown kid": forge(header={"alg": "HS256", "kid": "k9"}),
    "the other kid": forge(header={"alg": "HS256", "kid": "k1"}),
    "a kid that is a path": forge(header={"alg": "HS256", "kid": "../../dev/null"}, secret=b""),
    "a kid that is a list": forge(header={"alg": "HS256", "kid": ["k2"]}),
    "an extension it must understand": forge(header={"alg": "HS256", "kid": "k2", "crit": ["x"], "x": 1}),
    "a key that it brings along": forge(header={"alg": "HS256", "jwk": {"kty": "oct", "k": b64(b"x" * 32)}}, secret=b"x" * 32),
    "an empty secret": forge(secret=b""),
    "a list": forge([1]),
    "another audience": with_claims(aud="shop"),
    "two audiences": with_claims(aud=["gameserver", "shop"]),
    "no audience": with_claims(aud=...),
    "no room": with_claims(room=...),
    "a room that is none": with_claims(room="../x"),
    "every room, for a player": with_claims(room=ANY_ROOM),
    "no role": with_claims(role=...),
    "a role that is none": with_claims(role="root"),
    "a role in capitals": with_claims(role="ADMIN"),
    "a role that is a number": with_claims(role=4),
    "no number": with_claims(jti=...),
    "a short number": with_claims(jti="00"),
    "no end": with_claims(exp=...),
    "a long life": with_claims(exp=int(NOW) + 61),
    "an end that is text": with_claims(exp=str(int(NOW) + 60)),
    "an end that is true": with_claims(exp=True),
    "an end that is infinite": forge(SAID | {"exp": float("inf")}),
    "an end before the beginning": with_claims(exp=int(NOW) - 1),
    "another claim": with_claims(admin=True),
    "an account of blanks": with_claims(sub="  "),
    "a long account": with_claims(sub="x" * (MAX_ACCOUNT + 1)),
    "an account that is null": with_claims(sub=None),
    "a name with a bidi mark": with_claims(name="ann\u202e"),
    "a long ticket": with_claims(sub="x" * 64, name="y" * 24, room="z" * 32, jti="0" * 32) + "A" * 200,
    "blanks around it": f" {GOOD} ",
    "a line end in it": GOOD.replace(".", ".\n", 1),
    "padding": f"{HEAD}.{BODY}.{SIGNATURE}=",
    "standard base64": f"{HEAD}.{BODY}.{SIGNATURE.replace('-', '+').replace('_', '/')}+",
    "letters of another script": GOOD.replace("e", "е", 1),
    "a deep list": f"{HEAD}.{b64(b'[' * 300)}.{SIGNATURE}",
}


@pytest.mark.parametrize("ticket", REFUSED.values(), ids=REFUSED)
def test_any_other_ticket_opens_nothing(ticket: str) -> None:
    with pytest.raises(TicketRefused, match="this ticket is not valid: get a new ticket"):
        read(ticket)


def test_an_expired_ticket_says_so() -> None:
    with pytest.raises(TicketRefused, match="this ticket has expired"):
        read(GOOD, NOW + 91)


def test_every_flipped_bit_is_noticed() -> None:
    """Of the text, which is what is shown: also of the bits that base64 passes over."""
    ticket = sign(CLAIMS, NEW).encode()
    for place in range(len(ticket)):
        for bit in range(8):
            changed = bytearray(ticket)
            changed[place] ^= 1 << bit
            with pytest.raises(TicketRefused):
                read(changed.decode("latin-1"))


@given(st.text(max_size=600) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(TicketRefused):
        read(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_no_claims_break_it(value: object) -> None:
    for name in SAID:
        if value != SAID[name]:
            with pytest.raises(TicketRefused):
                read(with_claims(**{name: value}), NOW)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"room": "Arena"}, "no name of a room"),
        ({"room": ANY_ROOM}, "is for an admin"),
        ({"account": ""}, "an account is called by"),
        ({"account": "x" * 65}, "an account is called by"),
        ({"account": "a\nb"}, "an account is called by"),
        ({"name": ""}, "no name of a player"),
        ({"seconds": 0}, "lives for 1 to 60 seconds"),
        ({"seconds": 61}, "lives for 1 to 60 seconds"),
    ],
)
def test_what_is_no_ticket_is_not_made(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        claims_for(**{"room": "arena1", "rank": Rank.PLAYER, "number": NUMBER, "now": NOW, **wrong})


def test_a_ticket_that_hello_cannot_carry_is_not_made() -> None:
    claims = attrs.evolve(CLAIMS, account="é" * 64, name="😀" * 24)
    with pytest.raises(ValueError, match="shorten them"):
        sign(claims, NEW)


def test_no_secret_is_shown() -> None:
    assert "nnnn" not in repr(NEW) and repr(NEW.secret) not in repr(NEW)


# -- keys in a file ---------------------------------------------------------------------------------------------------------
LINE: Final = NEW.line()


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "keys"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_new_file_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    key = write_new(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path) == [key]
    with pytest.raises(KeyFileError, match=r"it is there already; .*rotate"):
        write_new(path)
    assert read_keys(path) == [key]


def test_rotating_keeps_the_key_before_alive(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first = write_new(path)
    second, dropped = rotate(path)
    assert (dropped, read_keys(path)) == (None, [second, first])
    third, dropped = rotate(path)
    assert (dropped, read_keys(path)) == (first, [third, second])
    assert third.kid not in (first.kid, second.kid) or third.kid == first.kid, "a name that nobody has any more may come again"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["keys"], "no draft is left"


def test_comments_and_blank_lines_say_nothing() -> None:
    assert parse_keys(f"# keys\n\n  {LINE}  # the one that signs\n{OLD.line()}=\n") == [NEW, OLD]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no key in it"),
        ("# only words\n", "there is no key in it"),
        ("k1\n", "line 1: write KID SECRET"),
        (f"{LINE} more", "line 1: write KID SECRET"),
        (f"k!2 {LINE[3:]}", "line 1: the name of a key"),
        (f"{LINE}\n{LINE}", "line 2: another key is called k2"),
        ("k1 ???", "line 1: the secret is no base64url"),
        ("k1 abc", "line 1: the secret is no base64url|has 2 bytes"),
        (f"k1 {b64(b'x' * 31)}", "line 1: the secret has 31 bytes: 32 to 64"),
        (f"k1 {b64(b'x' * 65)}", "line 1: the secret has 65 bytes: 32 to 64"),
        ("\n".join(Key(f"k{n}", bytes([n]) * 32).line() for n in range(3)), "there are 3 keys: 2 may be alive"),
        ("x" * 5_000, "more than 4096 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(KeyFileError, match=why) as caught:
        read_keys(key_file(tmp_path, text))
    assert str(tmp_path / "keys") in str(caught.value)
    assert LINE[3:] not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the mode says nothing")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o622, 0o601])
def test_keys_that_others_may_read_are_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, LINE, mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_keys(path)


def test_a_file_that_is_not_there_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="`gameserver keys new"):
        read_keys(tmp_path / "keys")
    path = key_file(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileError, match="no text"):
        read_keys(path)


def test_a_ring_takes_other_keys_while_it_is_in_use() -> None:
    ring = Keyring([OLD])
    ticket = sign(CLAIMS, ring.signing)
    ring.replace([NEW, OLD])
    assert read_ticket(ticket, ring, now=NOW) == CLAIMS
    ring.replace([NEW])
    with pytest.raises(TicketRefused):
        read_ticket(ticket, ring, now=NOW)


def test_fresh_keys_differ() -> None:
    assert len({new_key().secret for _ in range(100)}) == 100
