"""The browser's client as a package for npm: what is in it, and that a program in TypeScript can be written with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from tests.tools import NODE_TOOLS, require_tool

ROOT = Path(__file__).parents[1]
BROWSER = ROOT / "clients" / "browser"
PROGRAM = """
import { Client, ClientEnded, LagSimulator, NoticeCode, Predictor, Role, type Memory, type ReliableEvent } from "gameserver-client";
import { FormatError, LoadError, Player, openFile, openUrl, type Mark, type Viewpoint } from "gameserver-client";

const memory: Memory = { load: () => null, save: ({ player, token }) => console.log(player, token.length), clear() {} };
const client = new Client({ url: "ws://h/ws/a1", game: "arena", name: "ann", role: Role.PLAYER, memory, lag: new LagSimulator() });
client.sampler = (tick) => (tick % 2 === 0 ? { bearing: 64, fire: true } : null);
const off: () => void = client.on("event", (event: ReliableEvent) => console.log(event.sequence + 1, event.values.text));
client.on("state", (state) => state === "lost" && console.log(client.loss?.nextTryMs));
const predictor = new Predictor<number[]>({ step: (state, [move]) => [(state[0] ?? 0) + (move ?? 0)], absent: () => [0] });
client.on("input", ({ tick, values }) => predictor.predict(tick, values));
try {
  await client.connect();
} catch (error) {
  if (error instanceof ClientEnded && error.notice?.code === NoticeCode.FULL) off();
}
const { viewTick }: { viewTick: number } = client.frame(performance.now());
for (const { id, values } of client.picture.all("Tank")) console.log(id + viewTick, values.x);
const answer: string | number | boolean | null = await client.call("chat", "hello", false);
console.log(answer, client.stats.receipt?.uplinkMs, client.world.tick);
const watched = await openUrl("http://h/api/v1/rooms/a1/recording", { from: "live" }).catch((error: unknown) => {
  console.log(error instanceof LoadError ? error.status : error instanceof FormatError ? error.reason : error);
  return { recording: undefined };
});
const player = new Player(watched.recording ?? (await openFile(new Blob())));
const saw: Viewpoint = 7;
player.viewpoint = saw;
player.on("shown", ({ name, reliable }) => console.log(name, !reliable));
const joined = (mark: Mark): string => (mark.what === "joined" ? mark.name : "");
console.log(player.frame(0).sceneMs + player.seconds, player.picture.all("Tank").length, joined);
"""
WRONG = {
    'client.on("sate", () => 0);': "sate",
    'client.sampler = () => ({ bearing: "left" });': "string",
    "const tick: string = client.frame().viewTick;": "number",
    'new Client({ url: "/ws/a1", game: "arena" });': "name",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the package is installed as npm would install it."""
    npm = require_tool("npm")
    require_tool("tsc")
    folder = tmp_path_factory.mktemp("project")
    copy = folder / "source"  # packing writes the declarations
    shutil.copytree(BROWSER, copy, ignore=shutil.ignore_patterns("node_modules", "types", "arena", "pages", "test"))
    (copy / "node_modules").symlink_to(NODE_TOOLS.parent)
    subprocess.run([npm, "pack", "--offline", "--silent"], cwd=copy, check=True, capture_output=True, timeout=120)
    (archive,) = copy.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (folder / "node_modules").mkdir()
    (folder / "package").rename(folder / "node_modules" / "gameserver-client")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def compile_strictly(project: Path, program: str, resolution: str = "nodenext") -> str:
    """What the compiler has to say about it."""
    (project / "program.ts").write_text(program)
    module = {"nodenext": "nodenext", "bundler": "esnext"}[resolution]
    options = ["--strict", "--noEmit", "--target", "es2023", "--module", module, "--moduleResolution", resolution]
    done = subprocess.run([require_tool("tsc"), *options, "program.ts"], cwd=project, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def test_the_package_holds_the_client_and_its_declarations_and_nothing_else(project: Path) -> None:
    package = project / "node_modules" / "gameserver-client"
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    sources = {path.relative_to(BROWSER).as_posix() for path in (BROWSER / "src").rglob("*.js")}
    declarations = {f"types/{source.removeprefix('src/').removesuffix('.js')}.d.ts" for source in sources}
    assert sources | declarations <= files
    assert {"vendor/msgpack/LICENSE", "LICENSE", "README.md", "package.json"} <= files
    assert {path.split("/")[0] for path in files} == {"src", "types", "vendor", "LICENSE", "README.md", "package.json"}


@pytest.mark.parametrize("resolution", ["nodenext", "bundler"])
def test_a_program_in_strict_typescript_compiles_against_it(project: Path, resolution: str) -> None:
    assert compile_strictly(project, PROGRAM, resolution) == ""


def test_the_compiler_finds_what_is_wrong(project: Path) -> None:
    said = compile_strictly(project, "\n".join([PROGRAM, *WRONG]))
    first = PROGRAM.count("\n") + 2
    for number, named in enumerate(WRONG.values()):
        _, _, about = said.partition(f"program.ts({first + number},")
        assert named in about.partition("program.ts(")[0], said


def test_the_package_runs(project: Path) -> None:
    program = 'import { Client } from "gameserver-client"; new Client({ url: "ws://h/ws/a1", game: "arena", name: " " });'
    done = subprocess.run([require_tool("node"), "--input-type=module", "-e", program], cwd=project, capture_output=True, text=True)
    assert "RangeError: HELLO: a name has 1 to 24 characters" in done.stderr


def test_it_has_the_version_and_the_licence_of_the_server() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    manifest = json.loads((BROWSER / "package.json").read_text())
    lock = json.loads((BROWSER / "package-lock.json").read_text())
    assert manifest["version"] == project["version"] == lock["version"]
    assert manifest["license"] == project["license"]
    assert (BROWSER / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_lock_file_names_no_host() -> None:
    """Whoever installs asks his own registry."""
    assert "://" not in (BROWSER / "package-lock.json").read_text()
