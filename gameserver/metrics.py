"""What an operator watches, in the format of Prometheus: `GET /metrics` (docs/http.md).

Nothing is kept here: when somebody asks, the counts that the server and its rooms keep anyway are read. Labels are the names of
limits and what else is known beforehand, never what a peer says and never a room: who connects cannot make this grow.

A program on this machine may ask without a ticket, if nobody stands in between; everybody else shows one of an admin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.routing import Route

from gameserver.caller import CALLER
from gameserver.plan import RoomState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from prometheus_client.core import Metric
    from starlette.requests import Request

    from gameserver.caller import Caller
    from gameserver.core.reached import Reached
    from gameserver.net.http import HttpSide
    from gameserver.rooms import Rooms
    from gameserver.server import ServerCounts

_OF_THE_SERVER: Final = {
    "accepted": "connections that were accepted",
    "admitted": "people, bots and spectators who were let in",
    "resumed": "lines that took a kept seat again",
    "broken": "connections that the peer broke",
    "refused": "connections that were turned away before a HELLO",
    "not_accepted": "times that the system had no connection to give, for want of descriptors or memory",
}
"""Each is a number of `ServerCounts`."""
_OF_ALL_ROOMS: Final = {
    "opened": "rooms that were opened",
    "faulted": "rooms that ended because their game failed",
}
"""Each is a number of `Rooms`."""
_OF_ROOMS: Final = {
    "steps": "ticks in which a match was stepped",
    "snapshots": "snapshots that were handed over",
    "snapshots_skipped": "snapshots that were not made, because the line was not free",
    "snapshot_bytes": "bytes of the snapshots that were handed over",
    "lines_lost": "lines that broke while a seat was kept",
    "stand_ins": "bots that played for somebody whose line was down",
    "shots_clamped": "shots that were judged less far back than the player said",
    "restarts": "times that a game failed and its match went on",
    "late_ticks": "wake-ups of a room that ended after the next tick was due",
    "busy_seconds": "seconds spent in ticks",
}


class Watched(Protocol):
    """What must be known of a server."""

    @property
    def rooms(self) -> Rooms:
        """The open ones, and what happened in all."""
        ...

    @property
    def counts(self) -> ServerCounts:
        """What happened since it was started."""
        ...

    @property
    def reached(self) -> Reached:
        """How often each limit was."""
        ...

    @property
    def connections(self) -> int:
        """Now."""
        ...

    @property
    def unadmitted(self) -> int:
        """Those of them that have not said who they are."""
        ...

    @property
    def http(self) -> HttpSide | None:
        """What answers requests."""
        ...

    @property
    def unready(self) -> str | None:
        """Why it wants no more clients, None if it does."""
        ...


class ServerCollector(Collector):
    """Reads one server."""

    def __init__(self, server: Watched) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        server = self._server
        reached = CounterMetricFamily(
            "gameserver_limit_reached", "Times that a limit was reached (gameserver serve --print-limits)", labels=("limit",)
        )
        for limit, times in server.reached:
            reached.add_metric((limit.label,), times)
        yield reached
        for name, text in _OF_THE_SERVER.items():
            yield CounterMetricFamily(f"gameserver_{name}", text.capitalize(), getattr(server.counts, name))
        for name, text in _OF_ALL_ROOMS.items():
            yield CounterMetricFamily(f"gameserver_rooms_{name}", text.capitalize(), getattr(server.rooms, name))
        total = server.rooms.total
        amounts = (
            total.steps, total.snapshots, total.skipped, total.bytes, total.lost, total.stood_in, total.clamped_shots,
            total.restarts, total.late, total.busy_seconds,
        )  # fmt: skip
        for (name, text), amount in zip(_OF_ROOMS.items(), amounts, strict=True):
            yield CounterMetricFamily(f"gameserver_{name}", text.capitalize(), amount)
        yield from self._collect_present()

    def _collect_present(self) -> Iterator[Metric]:
        """How things stand now."""
        server = self._server
        yield GaugeMetricFamily("gameserver_ready", "1 if more clients may come, as /readyz says", int(server.unready is None))
        yield GaugeMetricFamily("gameserver_connections", "Connections", server.connections)
        yield GaugeMetricFamily("gameserver_unadmitted", "Connections that have not said who they are", server.unadmitted)
        http = server.http
        requests = GaugeMetricFamily("gameserver_http", "Requests that are being answered", labels=("kind",))
        requests.add_metric(("short",), http.connections if http is not None else 0)
        requests.add_metric(("stream",), http.streams if http is not None else 0)
        yield requests
        rooms = GaugeMetricFamily("gameserver_rooms", "Open rooms", labels=("state",))
        seats = GaugeMetricFamily("gameserver_seats", "Those who are in rooms", labels=("kind",))
        opened = tuple(server.rooms.values())
        for state in (RoomState.RUNNING, RoomState.PAUSED):
            rooms.add_metric((state.name.lower(),), sum(room.state is state for room in opened))
        people, players = sum(room.people for room in opened), sum(room.players for room in opened)
        seats.add_metric(("person",), people)
        seats.add_metric(("bot",), players - people)
        seats.add_metric(("spectator",), sum(room.spectators for room in opened))
        yield rooms
        yield seats


def routes(server: Watched, check_admin: Callable[[Request], Awaitable[object]]) -> list[Route]:
    """For the app of a server (api.make_app). `check_admin` raises HTTPException for whoever sends no ticket of an admin."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServerCollector(server))
    ProcessCollector(registry=registry)

    async def metrics(request: Request) -> Response:
        caller: Caller = request.scope[CALLER]
        if not caller.is_near:
            await check_admin(request)
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": kind, "Cache-Control": "no-store"})

    return [Route("/metrics", metrics)]
