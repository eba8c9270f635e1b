"""Scripts without comments: whatever is left out, the browser reads the same program."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.shorten import shorten_script, shorten_style
from gameserver.web import browser_folder
from tests.tools import NODE_TOOLS, require_tool

if TYPE_CHECKING:
    from pathlib import Path

TYPESCRIPT = NODE_TOOLS.parent / "typescript" / "lib" / "typescript.js"
COMPARE = """
import ts from %s;
import { readFileSync } from "node:fs";
const sign = (node) => {
  const children = [];
  ts.forEachChild(node, (child) => { children.push(sign(child)); });
  return [node.kind, node.kind === ts.SyntaxKind.SourceFile ? null : (node.text ?? null), node.operator ?? null, children];
};
const wrong = [];
for (const [name, ...texts] of JSON.parse(readFileSync(0, "utf8"))) {
  const trees = texts.map((text) => ts.createSourceFile("m.js", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS));
  const [before, after] = trees.map((tree) => JSON.stringify(sign(tree)));
  if (before !== after || trees.some((tree) => tree.parseDiagnostics.length)) wrong.push(name);
}
console.log(JSON.stringify(wrong));
"""


def differing(scripts: dict[str, str], tmp_path: Path) -> list[str]:
    """Those of these scripts that are another program when they are shortened, as the TypeScript compiler reads them."""
    node = require_tool("node")
    require_tool("tsc")
    program = tmp_path / "compare.mjs"
    program.write_text(COMPARE % json.dumps(str(TYPESCRIPT)))
    pairs = [(name, text, shorten_script(text, lines=lines)) for name, text in scripts.items() for lines in (True, False)]
    done = subprocess.run([node, str(program)], input=json.dumps(pairs), capture_output=True, text=True, check=True)
    wrong: list[str] = json.loads(done.stdout)
    return wrong


def test_every_script_that_is_served_stays_the_same_program(tmp_path: Path) -> None:
    folder = browser_folder()
    files = [path for suffix in ("js", "mjs") for path in folder.rglob(f"*.{suffix}") if "node_modules" not in path.parts]
    scripts = {str(path.relative_to(folder)): path.read_text() for path in files}
    assert len(scripts) > 30
    assert differing(scripts, tmp_path) == []
    before, after = sum(map(len, scripts.values())), sum(len(shorten_script(text)) for text in scripts.values())
    print(f"{before:,} characters, shortened {after:,}")
    assert after < 0.75 * before
    for text in scripts.values():
        assert shorten_script(shorten_script(text)) == shorten_script(text)


HARD = r"""
@@ strings
const a = "// no /* comment */"; const b = '\' // "'; const c = "\\"; // yes
const d = "a \
  b";
@@ templates
const t = `a // b ${ /* c */ x ? `in ${ { y: 1 }.y } // z` : '}' } /* d */ \` \${`;
@@ small templates
const t = ``; const u = `$`; const v = `${a}${b}`; const w = `$${a} {} $`;
@@ tags
html`<p> // ${ x }</p>`;
@@ regular expressions
const r = /[/*]\/\/ '"`/g; const s = x.replace(/\/\*.*?\*\//gu, ''); if (/a b/.test(q)) f(/=/);
@@ divisions
const d = a / b / c; const e = (a + b) / 2; const f = g[1] / h / i; const j = 4 / 2 /* x */ / k; const l = `m` / n / o;
@@ a word before a regular expression
const f = () => { return / a+ /.test(b); }; const t = typeof / x/;
@@ an arrow before one
const f = (a) => / b /.test(a);
@@ signs that must not meet
const a = b + +c; const d = e - -f; const g = h + ++i; const j = k-- - l; const m = n / /o/.p;
@@ a statement that a line ends
let a = b
let c = d
// e
f()
;[1].map(g)
returnless
++h
@@ lines that go on, and lines that end
const a = [
  b,
  c,
]
let d =
  e
  ? f
  : g
const h = (i) => {
  if (i) return
  {
    k()
  }
  for (
    ; ;
  ) break
  do l(); while (m)
  n()
}
class O { p = 1
  ;q
  static r
  = 2
  s() {}
}
label:
switch (t) { case 1:
  u; default:
  v }
@@ a return that a comment with a line ends
function f() {
  return /* a
  b */ 1
}
@@ numbers
const a = 1_000 .toString(); const b = 1 ? .5 : 0x10; const c = 1 .x; const d = 2n ** 3n;
@@ classes
class A { static #b = 1; static { this.c = 2; } get [d]() { return 1; } async *e() {} static async f() {} g = 1
h = 2 }
@@ objects
const { a, ...b } = { ...c, get d() { return 1 }, 'e-f': 2, [`g`]: 3 };
@@ modules
import a, { b as c } from './d.js'; export * as e from "./f.js"; export default class { } const g = await import('./h.js');
@@ words beside strings
function* f() { for (const a of 'b') if (a in {}) throw 'c'; else return 'd'; yield`e`; }
@@ other scripts
const größe = 'ä'; /* ö */ const Ωb = größe / 2 / 3;
@@ the newer signs
const a = b?.c ?? d?.[e]; x ||= y; z ??= w; v **= 2; u >>>= 1;
"""
"""Small scripts, each under its name."""


def test_what_is_easily_misread_is_not(tmp_path: Path) -> None:
    named = [part.partition("\n") for part in HARD.split("@@ ")[1:]]
    assert differing({name: text for name, _, text in named}, tmp_path) == []


def test_comments_and_indentation_are_left_out() -> None:
    source = "/** What\n * it is. */\nexport function f ( a ) {\n  // why\n  return a + 1; // so\n}\n\n\n"
    assert shorten_script(source) == "export function f(a){\nreturn a + 1;\n}"
    assert shorten_script(source, lines=False) == "export function f(a){return a + 1;}"
    assert shorten_style("/* a */\nb {\n  c: 'd /* e */';  /* f\n */ }\n") == "b {\nc: 'd /* e */';\n}"


@pytest.mark.parametrize("source", ["const a = `b", "const a = `b ${c", "const a = `b ${c}", "const a = /b"])
def test_what_is_no_script_is_not_touched(source: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        shorten_script(source)


@given(st.text(alphabet="ab1 \n\"'`${}/*\\[]();=+-", max_size=60))
def test_any_text_is_shortened_once_or_refused(source: str) -> None:
    """It ends, and loses nothing but blanks and comments."""
    try:
        short, shorter = (shorten_script(source, lines=lines) for lines in (True, False))
    except ValueError:
        return
    assert len(shorter) <= len(short) <= len(source)
