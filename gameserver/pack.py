"""A page's modules in one file: of a hundred answers the heads alone are a fifth of the bytes, and each costs a way there and back.

No build step: it happens when the server starts. The modules stay where they are, for whoever imports them by their names. In a
pack each becomes a function that is called once, in the order in which a browser would run them, and returns what it exports:

    const $3=(()=>{const {Backoff}=$2;
    class Comeback{…}
    return{Comeback}})();

Private names (#waits) get short ones: nobody but their class can tell.

What the pages do not need is not known here, and refused: cycles, default exports, exported `let`, names that are taken apart.
"""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import attrs

from gameserver.shorten import Token, join, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_TAG: Final = re.compile(r"""<(?P<name>script|link)\b[^>]*\b(?:src|href)="(?P<address>[^"]+)"[^>]*>\n?""", re.I)
_OPEN: Final = frozenset("([{")
_CLOSED: Final = frozenset(")]}")
_QUOTES: Final = ('"', "'")
_END: Final = Token("", " ")
"""Behind the last piece of a module."""


class CannotPack(ValueError):
    """This module does something that packs do not know. It is served by itself, as it is."""


@attrs.define
class _Module:
    """One module, taken apart."""

    address: str
    body: list[Token] = attrs.field(factory=list)
    imports: list[tuple[str, list[tuple[str, str]] | str]] = attrs.field(factory=list)
    """Where from, and what: pairs of the name there and the name here, or the name here for all of it."""
    exports: dict[str, str] = attrs.field(factory=dict)
    """The name in here, by the name outside."""
    passed_on: list[tuple[str, str, str]] = attrs.field(factory=list)
    """(where from, name there, name outside) of what it exports and does not use."""


class Modules:
    """The modules of a site by their addresses, each taken apart once: most are in the packs of several pages."""

    def __init__(self, read: Callable[[str], str]) -> None:
        """`read`: the source at an address. Raises KeyError if there is none."""
        self._read = read
        self._known: dict[str, _Module] = {}

    def __getitem__(self, address: str) -> _Module:
        """Raises CannotPack, KeyError."""
        if address not in self._known:
            self._known[address] = _take_apart(address, self._read(address))
        return self._known[address]


class Packer:
    """Packs that share modules: a page's own, then those that it loads when it needs them."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._names: dict[str, str] = {}
        """What each module is called in the packs."""
        self._privates: dict[str, str] = {}
        """What each private name is called there. One name for one: no two that a class tells apart become the same."""

    def reach(self, entry: str) -> list[str]:
        """The entry and all that it imports, in the order in which they run. Raises CannotPack, KeyError."""
        order: dict[str, None] = {}
        under_way: set[str] = set()

        def visit(address: str) -> None:
            if address in order:
                return
            if address in under_way:
                raise CannotPack(f"{address} imports itself, over others")
            under_way.add(address)
            module = self._modules[address]
            for source in [source for source, _ in module.imports] + [source for source, _, _ in module.passed_on]:
                visit(source)
            order[address] = None

        visit(entry)
        return list(order)

    def pack(
        self,
        entry: str,
        *,
        moved: Mapping[str, str],
        base: Collection[str] = (),
        base_url: str = "",
        shows: Collection[str] = (),
    ) -> str:
        """One module that does what the entry does, and exports what it exports.

        `moved`: where other entries are now, whose addresses stand in texts. `base`: modules that come from the pack at `base_url`;
        that one `shows` them.
        """
        order = self.reach(entry)
        shared = [address for address in order if address in base]
        parts = [f"import{{{','.join(map(self._name, shared))}}}from{_quoted(base_url)};\n"] if shared else []
        parts += [self._wrapped(self._modules[address], moved) for address in order if address not in base]
        if names := sorted(self._exported(entry)):
            parts.append(f"const{{{','.join(names)}}}={self._name(entry)};\nexport{{{','.join(names)}}};\n")
        if shown := [self._name(address) for address in order if address in shows]:
            parts.append(f"export{{{','.join(shown)}}};\n")
        return "".join(parts)

    def _name(self, address: str) -> str:
        return self._names.setdefault(address, f"${len(self._names)}")

    def _private(self, text: str) -> str:
        return self._privates.setdefault(text, f"#{_letters(len(self._privates))}")

    def _renamed(self, module: _Module, moved: Mapping[str, str]) -> Iterator[Token]:
        for piece in module.body:
            first = piece.text[0]
            if first == "#":
                yield Token(piece.gap, self._private(piece.text))
            elif first in _QUOTES:
                yield Token(piece.gap, _moved(module.address, piece.text, moved))
            else:
                yield piece

    def _exported(self, address: str) -> list[str]:
        module = self._modules[address]
        return [*module.exports, *(name for _, _, name in module.passed_on)]

    def _wrapped(self, module: _Module, moved: Mapping[str, str]) -> str:
        taken: list[str] = []
        for source, names in module.imports:
            there = self._name(source)
            if isinstance(names, str):
                taken.append(f"{names}={there}")
            elif names:
                missing = {name for name, _ in names} - set(self._exported(source))
                if missing:
                    raise CannotPack(f"{module.address} imports {missing} from {source}, which has no such thing")
                taken.append(f"{{{','.join(_pair(name, here) for name, here in names)}}}={there}")
        given = [_pair(name, here) for name, here in module.exports.items()]
        given += [f"{name}:{self._name(source)}.{there}" for source, there, name in module.passed_on]
        head = f"const {','.join(taken)};\n" if taken else ""
        body = join(self._renamed(module, moved), lines=False)
        return f"const {self._name(module.address)}=(()=>{{{head}{body}\nreturn{{{','.join(given)}}}}})();\n"


def _pair(name: str, value: str) -> str:
    return name if name == value else f"{name}:{value}"


def _letters(number: int) -> str:
    """0 is a, 26 is aa: as words are numbered."""
    rest, last = divmod(number, len(ascii_lowercase))
    return (_letters(rest - 1) if rest else "") + ascii_lowercase[last]


def _quoted(address: str) -> str:
    return f'"{address}"'


def _moved(address: str, text: str, moved: Mapping[str, str]) -> str:
    """A text that is the address of another entry says where that is now."""
    if text[1:2] in ("/", "."):
        return _quoted(moved[there]) if (there := urljoin(address, text[1:-1])) in moved else text
    return text


# -- taking modules apart --------------------------------------------------------------------------------------------------
def _take_apart(address: str, source: str) -> _Module:
    """Raises CannotPack."""
    module = _Module(address)
    pieces = [*tokens(source), _END, _END, _END, _END]
    if any(text[0] == "$" and text[1:].isdigit() for _, text in pieces):
        raise CannotPack(f"{address} has a name like those in packs")
    depth, at = 0, 0
    while (piece := pieces[at]) is not _END:
        text = piece.text
        if text == "import" and pieces[at + 1].text == ".":
            if [text for _, text in pieces[at + 1 : at + 5]] != [".", "meta", ".", "url"]:
                raise CannotPack(f"{address} asks for its import.meta")
            module.body.append(Token(piece.gap, f"new URL({_quoted(address)},location.href).href"))
            at += 5
        elif text == "import" and not depth and pieces[at + 1].text != "(":
            at = _take_import(module, pieces, at)
            pieces[at] = pieces[at] if pieces[at] is _END else Token("\n", pieces[at].text)
        elif text == "export" and not depth:
            at = _take_export(module, pieces, at)
            pieces[at] = pieces[at] if pieces[at] is _END else Token("\n", pieces[at].text)
        else:
            depth += (text in _OPEN) - (text in _CLOSED)
            module.body.append(piece)
            at += 1
    return module


def _take_import(module: _Module, pieces: list[Token], at: int) -> int:
    """The import statement here; returns where it ends."""
    end = _find(module, pieces, at, lambda text: text[0] in _QUOTES)
    words = [piece.text for piece in pieces[at + 1 : end]]
    source = urljoin(module.address, pieces[end].text[1:-1])
    match words:
        case []:
            module.imports.append((source, []))
        case ["{", *names, "}", "from"]:
            module.imports.append((source, _listed(module, names)))
        case ["*", "as", name, "from"]:
            module.imports.append((source, name))
        case _:
            raise CannotPack(f"{module.address}: import {' '.join(words)}")
    return _behind(pieces, end)


def _take_export(module: _Module, pieces: list[Token], at: int) -> int:
    """What is exported here; returns where to go on. What is declared in the same place stays in the body."""
    words = [piece.text for piece in pieces[at + 1 : at + 4]]
    if words[0] == "{":
        end = _find(module, pieces, at, lambda text: text == "}")
        names = _listed(module, [piece.text for piece in pieces[at + 2 : end]])
        if pieces[end + 1].text == "from":
            source = urljoin(module.address, pieces[end + 2].text[1:-1])
            module.passed_on += [(source, there, name) for there, name in names]
            end += 2
        else:
            module.exports |= {name: here for here, name in names}
        return _behind(pieces, end)
    if words[0] not in ("const", "function", "async", "class"):
        raise CannotPack(f"{module.address}: export {' '.join(words)}")
    name = next(word for word in words if word not in ("const", "function", "async", "class", "*"))
    if name in _OPEN:
        raise CannotPack(f"{module.address}: export {' '.join(words)}")
    module.exports[name] = name
    return at + 1


def _find(module: _Module, pieces: list[Token], at: int, wanted: Callable[[str], bool]) -> int:
    """The next piece that is like this."""
    for index in range(at, len(pieces)):
        if wanted(pieces[index].text):
            return index
    raise CannotPack(f"{module.address} ends in the middle of a statement")


def _listed(module: _Module, words: list[str]) -> list[tuple[str, str]]:
    """`a, b as c` as pairs."""
    pairs = []
    for part in " ".join(words).split(","):
        match part.split():
            case []:
                continue
            case [name]:
                pairs.append((name, name))
            case [name, "as", other]:
                pairs.append((name, other))
            case _:
                raise CannotPack(f"{module.address}: {part}")
    if any("default" in pair for pair in pairs):
        raise CannotPack(f"{module.address} has a default export")
    return pairs


def _behind(pieces: list[Token], end: int) -> int:
    """Behind the statement whose last piece this is, and its semicolon."""
    return end + 2 if pieces[end + 1].text == ";" else end + 1


# -- pages -----------------------------------------------------------------------------------------------------------------
def pack_page(
    modules: Modules, entry: str, later: Collection[str], name: Callable[[str], str]
) -> tuple[dict[str, str], dict[str, str]]:
    """A page's packs, by their addresses, and the address of the pack that each module is in now.

    `entry`: the page's script; `later`: the modules that it loads when it needs them, each with all that it needs beside.
    `name`: the address of an entry's pack. Raises CannotPack, KeyError.
    """
    packer = Packer(modules)
    moved = {address: name(address) for address in (entry, *later)}
    base = dict.fromkeys(packer.reach(entry))
    reached = {address: packer.reach(address) for address in later}
    shows = {module for order in reached.values() for module in order if module in base}
    packs = {moved[entry]: packer.pack(entry, moved=moved, shows=shows)}
    places = dict.fromkeys(base, moved[entry])
    for address, order in reached.items():
        packs[moved[address]] = packer.pack(address, moved=moved, base=base, base_url=moved[entry])
        places = dict.fromkeys(order, moved[address]) | places
    return packs, places


def point_to_packs(page: str, places: Mapping[str, str]) -> str:
    """The page's HTML with its packs where it named modules, each once. Addresses in it are whole."""
    seen: set[str] = set()

    def point(tag: re.Match[str]) -> str:
        pack = places.get(tag["address"])
        if pack is None:
            return tag[0]
        is_again = tag["name"].lower() == "link" and pack in seen
        seen.add(pack)
        return "" if is_again else tag[0].replace(tag["address"], pack)

    return _TAG.sub(point, page)
