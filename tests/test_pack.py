"""Packs: a page's modules in one file do what they do one by one."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from gameserver.pack import CannotPack, Modules, Packer, pack_page, point_to_packs
from gameserver.web import PAGES, Site, browser_folder, open_site
from tests.tools import require_tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(folder: Path, script: str) -> str:
    """What this module prints in Node."""
    node = require_tool("node")
    (folder / "run.mjs").write_text(script)
    done = subprocess.run([node, "run.mjs"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def packed(modules: Mapping[str, str], entry: str = "/main.js") -> str:
    return Packer(Modules(modules.__getitem__)).pack(entry, moved={})


MODULES = {
    "/main.js": """
        import { add as plus, Counter } from "./lib/add.js";
        import * as all from "./lib/add.js";
        import "./lib/early.js";
        import { again } from './lib/again.js'
        export const sum = plus(1, 2)
        export async function later() { return (await import("node:path")).sep; }
        export function* many() { yield sum; }
        const hidden = { import: 1, export: 2 };
        export { hidden as shown, again };
        export class Mine extends Counter { static who = `${all.add(2, 3)} ${`}${sum}`}`; }
        globalThis.order.push("main");
    """,
    "/lib/add.js": "export const add = (a, b) => a + b\nexport class Counter { #n = 0; next() { return ++this.#n; } }\n",
    "/lib/early.js": 'import { add } from "./add.js";\nglobalThis.order = [`early ${add(1, 1)}`];\n',
    "/lib/again.js": 'export { add as again, Counter } from "./add.js"; export {};\nglobalThis.order.push("again")',
}
PRINT = """
const { default: _, ...module } = await import("./main.js");
const mine = new module.Mine();
console.log(JSON.stringify([
  Object.keys(module), order, module.sum, [...module.many()], module.shown, module.again(4, 5), module.Mine.who,
  mine.next(), mine.next(),
  await module.later(), Object.prototype.toString.call(module.later),
]));
"""


def test_a_pack_does_what_its_modules_do(tmp_path: Path) -> None:
    for name, text in MODULES.items():
        path = tmp_path / "apart" / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    together = tmp_path / "together"
    together.mkdir()
    (together / "main.js").write_text(packed(MODULES))
    for folder in (tmp_path / "apart", together):
        (folder / "package.json").write_text('{"type": "module"}')
    said = [run(folder, PRINT) for folder in (tmp_path / "apart", together)]
    assert said[0] == said[1]
    assert json.loads(said[0])[1] == ["early 2", "again", "main"]


def test_private_names_are_short_and_as_many_as_before(tmp_path: Path) -> None:
    source = """
        class Outer { #count = 1; #a = 10; static #made = 0;
          #next() { Outer.#made++; return `#count ${this.#count + this.#a} ${`${this.#a}`}`; }
          static is(value) { return #a in value; }
          get told() { return [this.#next(), Outer.#made, Outer.is(this), Outer.is({}), "#a", /#a/.test("#a")]; }
        }
        class Other { #a = "another"; get told() { return this.#a; } }
        console.log(JSON.stringify([new Outer().told, new Other().told]));
    """
    plain, short = run(tmp_path, source), run(tmp_path, text := packed({"/main.js": source}))
    assert plain == short
    assert "made" not in text and "next" not in text
    numbers = range(99)
    many = {f"/{n}.js": f"export class C {{ #n{n} = {n}; get n() {{ return this.#n{n}; }} }}" for n in numbers}
    imports = "".join(f'import {{ C as C{n} }} from "./{n}.js";' for n in numbers)
    many["/main.js"] = f"{imports} console.log([{','.join(f'new C{n}().n' for n in numbers)}].join());"
    assert run(tmp_path, packed(many)) == ",".join(map(str, numbers))


def test_a_pack_that_is_loaded_later_shares_the_modules_of_the_first(tmp_path: Path) -> None:
    """A class is one class in both."""
    modules = {
        "/page.js": 'import { Thing } from "./thing.js";\nexport const view = (await_) => import("./view.js");\nexport { Thing };',
        "/view.js": 'import { Thing } from "./thing.js"; import { own } from "./own.js";\nexport const made = new Thing(own);',
        "/thing.js": "export class Thing { constructor(a) { this.a = a; } }",
        "/own.js": "export const own = new URL('x.css', import.meta.url).pathname;",
    }
    packs, places = pack_page(
        Modules(modules.__getitem__), "/page.js", ["/view.js"], lambda entry: f"/packed{entry}".replace("d/", "d-")
    )
    assert places == {
        "/thing.js": "/packed-page.js",
        "/page.js": "/packed-page.js",
        "/own.js": "/packed-view.js",
        "/view.js": "/packed-view.js",
    }
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for address, script in packs.items():
        (tmp_path / address.removeprefix("/")).write_text(script.replace('"/packed', '"./packed'))
    script = """
        globalThis.location = { href: "http://localhost/" };
        const page = await import("./packed-page.js");
        const view = await page.view();
        console.log(view.made instanceof page.Thing, view.made.a);
    """
    assert run(tmp_path, script) == "true /x.css"
    page = (
        '<link rel="modulepreload" href="/thing.js">\n<link rel="modulepreload" href="/view.js">\n<script src="/page.js"></script>'
    )
    shown = point_to_packs(page + '<link href="/style.css">\n<link rel="modulepreload" href="/own.js">\n', places)
    assert shown == (
        '<link rel="modulepreload" href="/packed-page.js">\n<link rel="modulepreload" href="/packed-view.js">\n'
        '<script src="/packed-page.js"></script><link href="/style.css">\n'
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('import "./main.js";', "imports itself"),
        ('import x from "./other.js";', "import x"),
        ('import { default as x } from "./other.js";', "default export"),
        ('import { nothing } from "./other.js";', "has no such thing"),
        ("export default 1;", "export default"),
        ("export let x = 1;", "export let"),
        ("export const { x } = y;", "export const {"),
        ('export * from "./other.js";', "export *"),
        ("const m = import.meta;", "asks for its import.meta"),
        ("const $7 = 1;", "a name like those in packs"),
        ("import { a", "ends in the middle"),
    ],
)
def test_what_packs_do_not_know_is_refused(source: str, why: str) -> None:
    with pytest.raises(CannotPack) as refusal:
        packed({"/main.js": source, "/other.js": "export const other = 1;"})
    assert why in str(refusal.value)


def test_every_page_has_its_packs(tmp_path: Path) -> None:
    """They are modules that Node can read; that they run is what the tests in the browser show, which load them."""
    node = require_tool("node")
    site = open_site()
    assert isinstance(site, Site)
    packs = {address: file for address, file in site if address.startswith("/client/packs/")}
    assert len(packs) == sum(1 + len(later) for _, later in PAGES.values())
    for address, file in packs.items():
        script = tmp_path / f"{address.rpartition('/')[2]}.mjs"
        script.write_bytes(file.data)
        subprocess.run([node, "--check", str(script)], check=True)
    for page in ("/", "/play/", "/watch/"):
        html = site.find(page)
        assert html is not None
        assert b"/client/packs/" in html.data
        assert b"modulepreload" not in html.data or b"/client/src/" not in html.data, "nothing is loaded twice"


def test_the_client_in_a_pack_is_the_client(tmp_path: Path) -> None:
    """It runs in Node as well: the same names, of the same kinds."""
    folder = browser_folder()
    (tmp_path / "packed.mjs").write_text(
        Packer(Modules(lambda address: (folder / address.removeprefix("/client/")).read_text())).pack(
            "/client/src/index.js", moved={}
        )
    )
    script = f"""
        const [apart, together] = [await import({json.dumps(str(folder / "src" / "index.js"))}), await import("./packed.mjs")];
        const kinds = (module) => Object.entries(module).map(([name, value]) => [name, typeof value, value.length]);
        console.log(JSON.stringify([kinds(apart), kinds(together)]));
    """
    apart, together = json.loads(run(tmp_path, script))
    assert apart == together
    assert ["Client", "function", 1] in apart
