"""The server behind HAProxy and nginx, with the configurations in deploy/: real processes on loopback."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.tools import require_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real_time, pytest.mark.alone]

ROOT: Final = Path(__file__).parents[1]
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}"}
ROUNDS: Final = 100
SCANNERS: Final = 50
PATIENCE: Final = 10.0
"""Seconds for a process to be ready, and for an answer."""
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset."""
UPGRADE: Final = (
    b"GET /ws/arena1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SERVE: Final = (sys.executable, "-m", "gameserver", "serve", "--proxy", "127.0.0.1", "--allow-host", "x")
"""As deploy/ says."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def running(*command: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that gets SIGTERM at the end. What it says goes to a file."""
    with (cwd / "said").open("ab") as said:
        process = subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def adapted(name: str, changes: dict[str, str]) -> str:
    """A configuration of ours with other ports and paths."""
    text = (ROOT / "deploy" / name).read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, f"deploy/{name}: {old!r} should stand there once"
        text = text.replace(old, new)
    return text


class Door:
    """A way to the server: its port on loopback."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def is_open(self) -> bool:
        try:
            with closing(self.connect()) as line:
                return say(line, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == (200, b"ok\n")
        except OSError:
            return False


def say(line: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Send a request; the status and the body of its answer. The line stays open, if the other side keeps it open."""
    line.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        more = line.recv(4_096)
        if not more:
            raise ConnectionResetError("closed before the answer was whole")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length is not None and len(body) < int(length[1]):
        more = line.recv(4_096)
        if not more:
            raise ConnectionResetError("closed before the answer was whole")
        body += more
    return int(head.split(b" ")[1]), body


def wait_for(door: Door, tmp_path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not door.is_open():
        assert time.monotonic() < end, (tmp_path / "said").read_text()
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Door]:
    door = Door(free_port())
    with running(*SERVE, "--port", str(door.port), cwd=tmp_path):
        wait_for(door, tmp_path)
        yield door


@contextmanager
def haproxy(server: Door, tmp_path: Path) -> Iterator[Door]:
    program = require_tool("haproxy")
    door = Door(free_port())
    changes = {
        "maxconn 5000": "maxconn 200",  # more than that many descriptors may not be allowed here
        "bind 127.0.0.1:8080": f"bind 127.0.0.1:{door.port}",
        "server one 127.0.0.1:8765 check inter 2s": f"server one 127.0.0.1:{server.port} check inter 100ms",
        "/run/haproxy/admin.sock": str(tmp_path / "admin.sock"),
    }
    file = tmp_path / "haproxy.cfg"
    file.write_text(adapted("haproxy.cfg", changes))
    with running(program, "-db", "-f", str(file), cwd=tmp_path):
        wait_for(door, tmp_path)
        yield door


@contextmanager
def nginx(server: Door, tmp_path: Path) -> Iterator[Door]:
    program = require_tool("nginx")
    door = Door(free_port())
    temporary = " ".join(f"{what}_temp_path {tmp_path / what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    changes = {
        "worker_rlimit_nofile 12000;": "",
        "worker_connections 10000;": "worker_connections 200;",
        "listen 127.0.0.1:8081;": f"listen 127.0.0.1:{door.port};",
        "server 127.0.0.1:8765 ": f"server 127.0.0.1:{server.port} ",
        "http {\n": f"http {{\n{temporary}\n",
    }
    file = tmp_path / "nginx.conf"
    file.write_text(adapted("nginx.conf", changes))
    places = f"daemon off; pid {tmp_path / 'nginx.pid'}; error_log stderr;"
    with running(program, "-p", str(tmp_path), "-c", str(file), "-g", places, cwd=tmp_path):
        wait_for(door, tmp_path)
        yield door


PROXIES: Final = {"haproxy": haproxy, "nginx": nginx}


@pytest.mark.parametrize("proxy", PROXIES)
def test_requests_and_upgrades_alternate_on_lines_that_are_kept(proxy: str, server: Door, tmp_path: Path) -> None:
    """A proxy takes any line that it has kept: an upgrade must never land where a request was answered before."""
    with PROXIES[proxy](server, tmp_path) as door:
        for _ in range(ROUNDS):
            with closing(door.connect()) as line:
                assert say(line, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == (200, b"ok\n")
                assert say(line, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n") == (200, b'{"ready":true}')
                assert say(line, UPGRADE)[0] == 101
        with closing(door.connect()) as line:
            status, page = say(line, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status == 200
            assert b"<!doctype html>" in page
            assert say(line, b"GET /ws/arena1 HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 426


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_match_through_a_proxy_is_flawless(proxy: str, server: Door, tmp_path: Path) -> None:
    with PROXIES[proxy](server, tmp_path) as door:
        url = f"ws://127.0.0.1:{door.port}/ws/arena1"
        command = [sys.executable, "-m", "gameserver", "bots", "--url", url, "--count", "8", "--seconds", "3", "--json"]
        finished = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    report = json.loads(finished.stdout)
    assert (report["clients"], report["world_mismatches"], report["errors"]) == (8, 0, 0), report
    assert report["snapshots_per_second"]["min"] > 15, "30, on a machine that is not busy"


@pytest.mark.parametrize("proxy", PROXIES)
def test_behind_a_proxy_a_page_of_the_same_origin_may_connect_and_no_other(proxy: str, server: Door, tmp_path: Path) -> None:
    with PROXIES[proxy](server, tmp_path) as door:
        own = f"127.0.0.1:{door.port}".encode()
        for origin, status in [(b"http://" + own, 101), (b"https://" + own, 403), (b"http://127.0.0.1", 403), (b"null", 403)]:
            request = UPGRADE.replace(b"Host: x", b"Host: " + own).replace(b"\r\n\r\n", b"\r\nOrigin: " + origin + b"\r\n\r\n")
            with closing(door.connect()) as line:
                assert say(line, request)[0] == status
        with closing(door.connect()) as line:
            assert say(line, UPGRADE.replace(b"Host: x", b"Host: evil.example"))[0] == 421


def backend_of(tmp_path: Path) -> dict[str, str]:
    """What HAProxy knows of our server."""
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.connect(str(tmp_path / "admin.sock"))
        line.sendall(b"show stat\n")
        table = b""
        while more := line.recv(65_536):
            table += more
    rows = csv.DictReader(io.StringIO(table.decode().removeprefix("# ")))
    return next(row for row in rows if row["svname"] == "one")


def test_health_checks_see_a_server_that_is_up_while_scanners_knock(server: Door, tmp_path: Path) -> None:
    """HAProxy asks in HTTP/1.0 without a Host, ten times a second here; meanwhile others say anything and go with a reset."""
    with haproxy(server, tmp_path) as door:
        for number in range(SCANNERS):
            with closing(server.connect()) as line:
                line.sendall(
                    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\r\n\r\n", UPGRADE, b"GET /heal")[number % 4]
                )
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            time.sleep(0.02)
            assert door.is_open()
        backend = backend_of(tmp_path)
        assert backend["status"] == "UP"
        check = backend["check_status"].removeprefix("* ")  # the star: the next check is under way
        assert (check, backend["check_code"]) == ("L7OK", "200")
        assert (backend["chkfail"], backend["chkdown"]) == ("0", "0")
        assert float(backend["lastchg"]) >= 1, "it has been up for as long as this test"


def test_a_server_that_goes_is_noticed(tmp_path: Path) -> None:
    """The check asks for readiness, and believes the answer: without this the test above would prove nothing."""
    server = Door(free_port())
    with running(*SERVE, "--port", str(server.port), cwd=tmp_path) as process:
        wait_for(server, tmp_path)
        with haproxy(server, tmp_path):
            process.send_signal(signal.SIGTERM)
            end = time.monotonic() + PATIENCE
            while backend_of(tmp_path)["status"] != "DOWN":
                assert time.monotonic() < end
                time.sleep(0.1)
