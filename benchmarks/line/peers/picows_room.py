"""The benchmark's scene on picows and uvloop: a room as it is written by hand when nothing but this one game is needed.

Run: python -m benchmarks.line.peers.picows_room PORT [SEATS]. It prints the port that it listens on (PORT 0: any) and serves
until a signal ends it.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import msgpack
import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.line.peers.cars import NEUTRAL, TICK_RATE, Cars, Input

SCHEMA: Final = json.loads(Path(__file__).with_name("drive.json").read_text())
WINDOW: Final = 30
"""Ticks that an input may lie ahead."""
QUEUE: Final = 16
"""Inputs that wait for their ticks."""
HOLD: Final = 8
"""Ticks that the last input holds."""
CRC_EVERY: Final = 29
"""Ticks."""
MAX_DEBT_SECONDS: Final = 0.25
"""A longer delay is not made up."""
GOLDEN_RATIO: Final = 0.618034
_ROOM: Final = re.compile(rb"/ws/([a-z0-9]{1,32})")

pack: Final = msgpack.Packer(autoreset=True).pack


class Seat(WSListener):
    """One client: from HELLO on, its inputs until their ticks, and what it has been sent."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.transport: Any = None
        self.owner = 0
        self.name = ""
        self.ready = self.joined = False
        self.fresh = True
        """It has nothing yet, or missed a tick: it gets everything."""
        self.full = False
        """Too much waits to be written: it is skipped."""
        self.margin: int | None = None
        self.pings: list[tuple[float, int, int]] = []
        self.acknowledged: int | None = None
        self._newest = 0
        self._waiting: dict[int, Input] = {}
        self._levels: Input = NEUTRAL
        self._levels_at = 0

    # -- picows ------------------------------------------------------------------------------------------------------------
    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.ready:
            self._room.leave(self)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:  # noqa: ANN401 - picows' frame
        try:
            if frame.msg_type == WSMsgType.BINARY:
                self._hear(msgpack.unpackb(frame.get_payload_as_memoryview(), use_list=False))
            elif frame.msg_type == WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code())
                transport.disconnect()
        except (ValueError, TypeError):
            transport.send_close(1002)
            transport.disconnect()

    # -- in ----------------------------------------------------------------------------------------------------------------
    def _hear(self, message: object) -> None:
        """Raises ValueError or TypeError for what the protocol does not allow."""
        match message:
            case (2, int(first), _, _, _, tuple(values)) if self.joined and len(values) <= 64 and not len(values) % 2:
                self._add(first, values)
            case (3, int(sequence), int(time)):
                self.pings.append((self._room.now(), sequence, time))
            case (0, 1, str(), str(), _, 0, str(name)) if not self.owner:
                self.name = name
                self.owner = self._room.number()
                self.transport.send(WSMsgType.BINARY, pack((0, self.owner, 0, None, TICK_RATE, SCHEMA, None, (), 0)))
            case (1, _) if self.owner and not self.ready:
                self._room.join(self)
                self.ready = True
            case (5,):
                self.transport.send_close(1000)
                self.transport.disconnect()
            case _:
                raise ValueError("this may not be said now")

    def _add(self, first: int, values: tuple[int, ...]) -> None:
        for value in values:
            if type(value) is not int or not -1 <= value <= 1:
                raise ValueError("an input is out of range")
        room = self._room
        fresh = None
        for tick, at in enumerate(range(0, len(values), 2), start=first):
            if tick <= self._newest or tick > room.tick + WINDOW:
                continue
            self._newest = tick
            if fresh is None:
                fresh = tick
            if tick <= room.tick:
                self._use(tick, (values[at], values[at + 1]), room.tick)
            elif len(self._waiting) < QUEUE:
                self._waiting[tick] = (values[at], values[at + 1])
        if fresh is not None:
            self.margin = round((room.due(fresh) - room.now()) * 1e6)

    def _use(self, tick: int, wanted: Input, at: int) -> None:
        self._levels = wanted
        self._levels_at = at
        self.acknowledged = tick

    def take(self, tick: int) -> Input:
        """The input for this tick."""
        wanted = self._waiting.pop(tick, None)
        if wanted is not None:
            self._use(tick, wanted, tick)
            return wanted
        return self._levels if tick - self._levels_at <= HOLD else NEUTRAL


class Room:
    """One match."""

    def __init__(self, loop: asyncio.AbstractEventLoop, phase: float, seats: int) -> None:
        self.tick = 0
        self.now = loop.time
        self._loop = loop
        self._most = seats
        self._cars = Cars()
        self._seats: list[Seat] = []
        self._joining: list[Seat] = []
        self._owners = 0
        self._anchor = loop.time() + phase / TICK_RATE
        self._sleep()

    def due(self, tick: int) -> float:
        """When a tick is due, in seconds of the loop's clock."""
        return self._anchor + tick / TICK_RATE

    def number(self) -> int:
        """A number for somebody new."""
        self._owners += 1
        return self._owners

    def join(self, seat: Seat) -> None:
        """Let him in with the next tick. Raises ValueError if the room is full."""
        if len(self._seats) + len(self._joining) >= self._most:
            raise ValueError("the room is full")
        self._joining.append(seat)

    def leave(self, seat: Seat) -> None:
        """His line is gone."""
        if seat in self._joining:
            self._joining.remove(seat)
        else:
            self._seats.remove(seat)
            self._cars.leave(seat.owner)

    def _sleep(self) -> None:
        self._loop.call_at(self.due(self.tick + 1), self._run)

    def _run(self) -> None:
        behind = self.now() - self.due(self.tick + 1)
        if behind > MAX_DEBT_SECONDS:
            self._anchor += behind
        self.tick += 1
        for seat in self._joining:
            seat.joined = True
            self._seats.append(seat)
            self._cars.join(seat.owner, seat.name)
        self._joining.clear()
        self._cars.step({seat.owner: seat.take(self.tick) for seat in self._seats})
        self._tell()
        self._cars.told()
        self._sleep()

    def _tell(self) -> None:
        """What changed is encoded once for all, everything at most once."""
        cars, tick = self._cars, self.tick
        crc = (cars.crc(pack),) if tick % CRC_EVERY == 0 else ()
        shared = pack((0, 1, cars.entered(), cars.left(), cars.changed, *crc))
        whole = b""
        for seat in self._seats:
            if seat.full:
                seat.fresh = True
                continue
            if seat.fresh:
                whole = whole or pack((0, 0, cars.whole(), (), (), *crc))
                frame = pack((1, 0, tick, 0, seat.acknowledged, seat.margin, ((), None, 0, ()), 1)) + whole
                seat.fresh = False
            else:
                frame = pack((1, 0, tick, 0, seat.acknowledged, seat.margin, None, 1)) + shared
            if seat.pings:
                frame = self._pongs(seat) + frame
            seat.transport.send(WSMsgType.BINARY, frame)

    def _pongs(self, seat: Seat) -> bytes:
        now = self.now()
        into = round((now - self.due(self.tick)) * 1e6)
        pongs = b"".join(pack((3, sequence, time, self.tick, into, round((now - at) * 1e6))) for at, sequence, time in seat.pings)
        seat.pings.clear()
        return pongs


async def serve(port: int, seats: int) -> None:
    """Serve until the loop is stopped."""
    loop = asyncio.get_running_loop()
    rooms: dict[bytes, Room] = {}

    def listener(request: WSUpgradeRequest) -> Seat | None:
        found = _ROOM.fullmatch(request.path)
        if found is None:
            return None
        room = rooms.get(found[1])
        if room is None:
            room = rooms[found[1]] = Room(loop, len(rooms) * GOLDEN_RATIO % 1.0, seats)
        return Seat(room)

    server = await ws_create_server(listener, "127.0.0.1", port, max_frame_size=4096)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    port, seats = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 255
    uvloop.run(serve(port, seats))


if __name__ == "__main__":
    main()
