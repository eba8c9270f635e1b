"""The keys that join tickets are signed with, and the file that holds them.

    # comments, and one key a line, the one that signs first
    k3 Jmcm9vVZkq0cB3hYdzq2hY0b1xkG5m0H0m3bqk5m3ZQ
    k2 2Jb1Xk9Xb0y5o2c0mW3hYdzq2hY0b1xkG5m0H0m3bqk

Two of them are alive at most: tickets are signed with the first, those of the second are still taken. So a key is changed while
people join: `gameserver keys rotate`, then SIGHUP to whoever takes tickets, and last to whoever signs them.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import secrets
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.errors import GameserverError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECRET_BYTES: Final = 32
"""As long as what HMAC-SHA256 makes of it; a shorter key is the weakest part (RFC 7518 3.2)."""
MOST_SECRET_BYTES: Final = 64
"""A longer one is hashed to 32 before it is used."""
LIVE_KEYS: Final = 2
KID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077
_MOST_FILE_BYTES: Final = 4_096


class KeyFileError(GameserverError):
    """A key file cannot be used. The text says which, why, and what to do."""


@attrs.frozen
class Key:
    """A secret and the name by which a ticket says that it was signed with it."""

    kid: str
    secret: bytes = attrs.field(repr=False)

    def line(self) -> str:
        """It in a file."""
        return f"{self.kid} {base64.urlsafe_b64encode(self.secret).rstrip(b'=').decode()}"


class Keyring:
    """The keys that are alive. Whoever holds it sees when they change."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """`keys`: at least one; the first signs."""
        self._keys = tuple(keys)

    @property
    def signing(self) -> Key:
        """The one that signs."""
        return self._keys[0]

    def find(self, kid: str) -> Key | None:
        """The one of this name."""
        return next((key for key in self._keys if key.kid == kid), None)

    def replace(self, keys: Sequence[Key]) -> None:
        """From now on these."""
        self._keys = tuple(keys)


def new_key(live: Sequence[Key] = ()) -> Key:
    """A fresh one, with a name that none of these has."""
    taken = {key.kid for key in live}
    number = 1
    while f"k{number}" in taken:
        number += 1
    return Key(f"k{number}", secrets.token_bytes(SECRET_BYTES))


def read_keys(path: Path) -> list[Key]:
    """The keys of a file, the one that signs first. Raises KeyFileError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MOST_FILE_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror or error}; `gameserver keys new {path}` makes a key file") from error
    if os.name == "posix" and mode & _OTHERS:
        raise KeyFileError(f"{path}: others may read or change these keys: chmod 600 {path}")
    if len(data) > _MOST_FILE_BYTES:
        raise KeyFileError(f"{path}: this is no key file: it has more than {_MOST_FILE_BYTES} bytes")
    try:
        return parse_keys(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: this is no key file: it is no text") from error
    except ValueError as error:
        raise KeyFileError(f"{path}: {error}") from error


def parse_keys(text: str) -> list[Key]:
    """What a key file says. Raises ValueError; its text shows no secret."""
    keys: list[Key] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.split("#")[0].split()
        if not said:
            continue
        if len(said) != 2:
            raise ValueError(f"line {number}: write KID SECRET, or a comment behind #")
        kid, secret = said
        if not KID.fullmatch(kid):
            raise ValueError(f"line {number}: the name of a key has 1 to 16 of A-Z a-z 0-9 _ -")
        if any(key.kid == kid for key in keys):
            raise ValueError(f"line {number}: another key is called {kid} already")
        keys.append(Key(kid, _secret(secret, number)))
    if not keys:
        raise ValueError("there is no key in it; `gameserver keys rotate` puts one there")
    if len(keys) > LIVE_KEYS:
        raise ValueError(f"there are {len(keys)} keys: {LIVE_KEYS} may be alive at once, remove the older ones")
    return keys


def _secret(text: str, number: int) -> bytes:
    try:
        secret = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"line {number}: the secret is no base64url") from error
    if not SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        raise ValueError(f"line {number}: the secret has {len(secret)} bytes: {SECRET_BYTES} to {MOST_SECRET_BYTES} are needed")
    return secret


def write_new(path: Path) -> Key:
    """Make a file with a fresh key, for its owner alone. Raises KeyFileError, also if there is something already."""
    key = new_key()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError as error:
        raise KeyFileError(f"{path}: it is there already; `gameserver keys rotate {path}` adds a key to it") from error
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror or error}") from error
    _fill(descriptor, [key])
    return key


def rotate(path: Path) -> tuple[Key, Key | None]:
    """Put a fresh key in front, keep the one that signed so far, drop older ones. Returns the new one and what was dropped.

    The file is replaced as a whole: whoever reads it meanwhile gets the old keys or the new. Raises KeyFileError.
    """
    keys = read_keys(path)
    new = new_key(keys)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _fill(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), [new, keys[0]])
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise KeyFileError(f"{path}: {error.strerror or error}") from error
    return new, keys[1] if len(keys) > 1 else None


def _fill(descriptor: int, keys: Sequence[Key]) -> None:
    lines = ["# Keys of join tickets: KID SECRET. The first signs, the second is still taken.", *(key.line() for key in keys)]
    with open(descriptor, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
