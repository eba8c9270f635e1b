"""The broken copies: what is replaced by what, and the tests that are there to notice."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen
class Mutation:
    """One fault. `old` stands in the file exactly once; `tests` is what pytest is given."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS: Final = (
    Mutation(
        "no barrier around a connection",
        "gameserver/server.py",
        "except* Exception as group:\n            self.counts.broken += 1\n",
        "except* ZeroDivisionError as group:\n            self.counts.broken += 1\n",
        ("tests/fuzz/test_fuzz.py::test_what_escapes_from_a_connection_is_found",),
    ),
    Mutation(
        "no wall around a room",
        "gameserver/rooms.py",
        "except* Exception as group:\n            self.faulted += 1",
        "except* ZeroDivisionError as group:\n            self.faulted += 1",
        ("tests/test_faults.py",),
    ),
    Mutation(
        "an unbounded queue of what is owed",
        "gameserver/core/reliable.py",
        "if len(self._owed) > RELIABLE_MESSAGES:\n            return Limit.RELIABLE_MESSAGES",
        "if len(self._owed) > RELIABLE_MESSAGES:\n            return None",
        ("tests/core/test_reliable.py",),
    ),
    Mutation(
        "snapshots for who acknowledges nothing",
        "gameserver/core/pacing.py",
        "return awaited is None or (not self._draining and now - awaited.at <= self._window())",
        "return True",
        ("tests/core/test_pacing.py",),
    ),
    Mutation(
        "one input more than the credit",
        "gameserver/core/inputs.py",
        "elif self._credit == 0 or len(self._waiting) >= INPUT_QUEUE:",
        "elif self._credit < 0 or len(self._waiting) >= INPUT_QUEUE:",
        ("tests/core/test_inputs.py",),
    ),
    Mutation(
        "what was stamped before the room stood still comes as much later",
        "gameserver/core/inputs.py",
        "wanted = stamp - behind",
        "wanted = stamp",
        ("tests/core/test_inputs.py", "tests/client/test_hitches.py"),
    ),
    Mutation(
        "inputs of the old line count on the new one",
        "gameserver/core/inputs.py",
        "        self._waiting.clear()\n        self._pressed.clear()\n        self._came_late = False\n",
        "        self._came_late = False\n",
        ("tests/core/test_inputs.py", "tests/test_resume.py"),
    ),
    Mutation(
        "a torn stream is written to again",
        "gameserver/net/outlet.py",
        "self.torn = not done",
        "self.torn = False",
        ("tests/net/test_outlet.py",),
    ),
    Mutation(
        "a frame behind a Close",
        "gameserver/net/outlet.py",
        "self.idle = not (self.tail or self._writing or self._shut or self.said_close or self.torn)",
        "self.idle = not (self.tail or self._writing or self.torn)",
        ("tests/net/test_outlet.py", "tests/net/test_line_ends.py"),
    ),
    Mutation(
        "the last event of a frame is sent twice",
        "gameserver/core/reliable.py",
        "            self._owed[at].sent_tick = tick\n        self._sent = len(self._owed)",
        "            self._owed[at].sent_tick = tick\n        self._sent = max(0, len(self._owed) - 1)",
        ("tests/core/test_reliable.py", "tests/test_exactly_once.py"),
    ),
    Mutation(
        "events of a broken line are not sent again",
        "gameserver/core/reliable.py",
        '"""A new line: whatever was not acknowledged has to be sent again."""\n        self._sent = 0',
        '"""A new line: whatever was not acknowledged has to be sent again."""',
        ("tests/core/test_reliable.py", "tests/test_exactly_once.py"),
    ),
    Mutation(
        "a frame that was not taken counts as shown",
        "gameserver/line.py",
        "self.pacer.skipped(now)\n            return False\n        self.pacer.sent(",
        "self.pacer.skipped(now)\n            self.viewer.commit(draft)\n            return False\n        self.pacer.sent(",
        ("tests/test_room.py", "tests/test_slow_clients.py"),
    ),
    Mutation(
        "the token of a seat is not changed",
        "gameserver/seat.py",
        "self._token = self._next_token  # WELCOME came before any snapshot: he has it",
        "self._token = self._token or self._next_token",
        ("tests/test_resume.py", "tests/test_session_lives.py"),
    ),
    Mutation(
        "a seat is freed by a line that it no longer has",
        "gameserver/seating.py",
        "if seat not in self.seats or not seat.is_on(link):\n            return\n        if seat.lose():",
        "if seat not in self.seats:\n            return\n        if seat.lose():",
        ("tests/test_resume.py", "tests/test_session_lives.py"),
    ),
    Mutation(
        "a ticket may be used again",
        "gameserver/admission.py",
        "        if not is_first:\n",
        "        if is_first is None:\n",
        ("tests/test_admission.py",),
    ),
    Mutation(
        "nobody looks at a ticket's signature",
        "gameserver/tickets.py",
        "_SIGNER.decode(ticket, key.secret, [ALGORITHM])",
        '_SIGNER.decode(ticket, key.secret, [ALGORITHM], options={"verify_signature": False})',
        ("tests/test_tickets.py",),
    ),
    Mutation(
        "a ticket opens any room",
        "gameserver/admission.py",
        "if claims.room not in (hello.room, ANY_ROOM):",
        "if claims.room not in (claims.room, ANY_ROOM):",
        ("tests/test_admission.py",),
    ),
    Mutation(
        "the decoder takes arrays of any length",
        "gameserver/core/wire.py",
        "max_array_len=limits.DECODE_ARRAY,",
        "max_array_len=2**32 - 1,",
        ("tests/core/test_wire.py",),
    ),
    Mutation(
        "True passes for an integer",
        "gameserver/core/wire.py",
        "def _integer(value: object) -> int:\n    if type(value) is not int or",
        "def _integer(value: object) -> int:\n    if not isinstance(value, int) or",
        ("tests/core/test_wire.py",),
    ),
    Mutation(
        "pieces without content are not counted",
        "gameserver/net/meter.py",
        "        self._fragments += 1\n",
        "        self._fragments += wire_bytes > 6 or not self._fragments\n",
        ("tests/net/test_meter.py",),
    ),
    Mutation(
        "a flood is never too much",
        "gameserver/core/allowance.py",
        "if messages - now > _FULL or wire - now > _FULL:",
        "if wire - now > _FULL * 1e9:",
        ("tests/core/test_allowance.py",),
    ),
    Mutation(
        "a header that is not ASCII reaches the library",
        "gameserver/net/gate.py",
        "if not raw.isascii():",
        "if not raw:",
        ("tests/net/test_gate.py",),
    ),
    Mutation(
        "a spectator may call",
        "gameserver/core/rights.py",
        "Call: _SEATED,",
        "Call: _ALL,",
        ("tests/core/test_rights.py",),
    ),
    Mutation(
        "everyone is shown what is the owner's",
        "gameserver/core/view.py",
        "self.public_form, self.slice_public = form(kind, ALL), layout.slicer(ALL)",
        "self.public_form, self.slice_public = form(kind, ALL | OWNER), layout.slicer(ALL | OWNER)",
        ("tests/core/test_secrets.py",),
    ),
    Mutation(
        "a step with commands is left out of the recording",
        "gameserver/core/replay/tape.py",
        "self._truth.add(step, self._hash & HASH_MASK)",
        "if not step.commands:\n            self._truth.add(step, self._hash & HASH_MASK)",
        ("tests/core/replay/test_tape.py",),
    ),
    Mutation(
        "steps that stand twice in a recording are read twice",
        "gameserver/core/replay/recording.py",
        "if step.tick <= last:",
        "if step.tick < 0:",
        ("tests/core/replay/test_damage.py::test_steps_that_stand_there_twice_are_a_format_error",),
    ),
    Mutation(
        "an origin is judged by its end",
        "gameserver/doors.py",
        "origin in self.origins or (",
        "any(origin.name.host.endswith(own.name.host) for own in self.origins) or (",
        ("tests/test_doors.py",),
    ),
    Mutation(
        "any Host will do",
        "gameserver/doors.py",
        "if name is None or not (",
        "if name is None and not (",
        ("tests/test_doors.py",),
    ),
    Mutation(
        "who is banned comes in with a ticket",
        "gameserver/bans.py",
        "        if ban is not None:\n            raise ban.refusal()",
        "        if ban is not None and standing.ticket is None:\n            raise ban.refusal()",
        ("tests/test_bans.py",),
    ),
    Mutation(
        "codes may be guessed without end",
        "gameserver/codes.py",
        "if len(wrong) >= WRONG_CODES:",
        "if len(wrong) > 1_000 * WRONG_CODES:",
        ("tests/test_private_rooms.py",),
    ),
    Mutation(
        "a player may send others away",
        "gameserver/core/rights.py",
        '"expel": _KEEPERS,',
        '"expel": _SEATED,',
        ("tests/core/test_rights.py", "tests/test_expel.py"),
    ),
    Mutation(
        "who comes while the server drains is let in",
        "gameserver/rooms.py",
        "return self._drain.refusal() if self._drain is not None else None",
        "return self._drain.refusal() if self._drain is not None and not self._drain.seconds_left else None",
        ("tests/test_drain.py",),
    ),
)
