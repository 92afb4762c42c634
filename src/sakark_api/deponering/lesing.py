"""Large XML of others as a stream of units, in constant memory.

expat and not lxml, for two reasons: whoever validates an extraction sees `<x></x>` but not `<x/>`,
which lxml cannot tell apart; and lines above 65 535 have their numbers.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import BinaryIO
from xml.parsers import expat

from sakark_api.errors import Unreadable
from sakark_api.texts import text

__all__ = ["Enhet", "read_units"]

_CHUNK = 1 << 16
_DEEPEST = 200
_LONGEST = 16 * 1024 * 1024
_HEAVIEST = 64 * 1024 * 1024
_EACH = 100
"""What the units that are open may weigh: the characters of their fields, and so many for each."""
_TYPE = "xsi:type"
_AFTER_NAME = (b">", b" ", b"\t", b"\r", b"\n")


class Enhet:
    """An element with elements in it: its simple fields, and how many there are of the others.

    Names are as they are written, prefix and all; an element without content is a field that is
    empty. Fields are known when the unit ends; those that
    come after a child are not known when the child ends. `number` is its place among the units of
    the file, in the order in which they begin.
    """

    __slots__ = ("_more", "children", "fields", "kind", "line", "number", "parent", "type")

    def __init__(
        self,
        kind: str,
        type: str,  # noqa: A002  the attribute's own name
        line: int,
        parent: "Enhet | None",
        number: int = 0,
    ) -> None:
        self.kind = kind
        self.type = type
        self.line = line
        self.number = number
        self.parent = parent
        self.fields: dict[str, str] = {}
        self.children: dict[str, int] = {}
        self._more: dict[str, list[str]] | None = None

    def add(self, name: str, value: str) -> None:
        if name not in self.fields:
            self.fields[name] = value
            return
        if self._more is None:
            self._more = {}
        self._more.setdefault(name, []).append(value)

    def get(self, name: str) -> str | None:
        """Give the first value of a field."""
        return self.fields.get(name)

    def every(self, name: str) -> list[str]:
        """Give all values of a field, in order."""
        if name not in self.fields:
            return []
        return [self.fields[name], *(self._more or {}).get(name, [])]

    def all(self) -> Iterator[tuple[str, list[str]]]:
        """Give all fields, each with all its values, in order."""
        more = self._more
        for name, value in self.fields.items():
            yield name, [value] if more is None else [value, *more.get(name, ())]

    def has(self, kind: str) -> bool:
        return kind in self.children

    @property
    def system_id(self) -> str | None:
        """Give the systemID of the unit, or of the nearest above it that has one."""
        ids = (one.fields.get("systemID") for one in self.upwards())
        return next((one for one in ids if one), None)

    def upwards(self) -> "Iterator[Enhet]":
        """List the unit and those above it, the nearest first."""
        one: Enhet | None = self
        while one is not None:
            yield one
            one = one.parent

    def above(self, kind: str) -> "Enhet | None":
        """Find the nearest unit of a kind above this one."""
        return next((one for one in self.upwards() if one.kind == kind and one is not self), None)


def read_units(
    file: BinaryIO,
    on_unit: Callable[[Enhet], None],
    *,
    kinds: Collection[str] = (),
    on_empty: Callable[[str, int, Enhet], None] | None = None,
) -> None:
    """Read a file, and tell of each unit as it ends; children come before their parents.

    `on_empty` is told of elements without content, with the line and the unit they are in; those
    of `kinds` are units even so. Self-closing elements are not seen at all. Raises `Unreadable` for
    what is not XML, or has a DOCTYPE: entities are neither read nor fetched.
    """
    reading = _Reading(on_unit, frozenset(kinds), on_empty)
    while chunk := file.read(_CHUNK):
        reading.feed(chunk)
    reading.end()


class _Reading:
    """The state of one reading: which units are open, and the element that was opened last.

    It weighs what the open units hold; `weights` is what it was before each of them was opened.
    """

    __slots__ = (
        "attributes",
        "kinds",
        "line",
        "name",
        "number",
        "on_empty",
        "on_unit",
        "open",
        "parser",
        "value",
        "weight",
        "weights",
    )

    def __init__(
        self,
        on_unit: Callable[[Enhet], None],
        kinds: frozenset[str],
        on_empty: Callable[[str, int, Enhet], None] | None,
    ) -> None:
        self.on_unit, self.kinds, self.on_empty = on_unit, kinds, on_empty
        self.open: list[Enhet] = []
        self.name: str | None = None
        self.attributes: Mapping[str, str] = {}
        self.line = 0
        self.number = 0
        self.value = ""
        self.weight = 0
        self.weights: list[int] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = _CHUNK
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, is_final=False)
        if self.weight > _HEAVIEST:
            raise Unreadable(
                text("En enhet har flere felter enn noen enhet kan ha. Lag filen på nytt."),
                self.line,
            )

    def end(self) -> None:
        self._parse(b"", is_final=True)

    def _parse(self, chunk: bytes, *, is_final: bool) -> None:
        try:
            self.parser.Parse(chunk, is_final)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise Unreadable(
                text("Filen er ikke gyldig XML ({feil}). Lag den på nytt.", feil=said), error.lineno
            ) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.name is not None:
            self._open()
        self.name, self.attributes, self.value = name, attributes, ""
        self.line = self.parser.CurrentLineNumber

    def _open(self) -> Enhet:
        """Take the element that was opened last for a unit."""
        assert self.name is not None  # noqa: S101  called when an element is open
        if len(self.open) > _DEEPEST:
            raise Unreadable(
                text("Elementene ligger for dypt i hverandre. Lag filen på nytt."), self.line
            )
        parent = self.open[-1] if self.open else None
        self.number += 1
        kind = self.attributes.get(_TYPE, self.name)
        unit = Enhet(self.name, kind, self.line, parent, self.number)
        if parent is not None:
            if self.name not in parent.children:
                self.weight += len(self.name) + _EACH
            parent.children[self.name] = parent.children.get(self.name, 0) + 1
        self.open.append(unit)
        self.weights.append(self.weight)
        self.weight += len(unit.type) + _EACH
        return unit

    def _close(self) -> None:
        self.weight = self.weights.pop()
        self.on_unit(self.open.pop())

    def _add(self, name: str, value: str) -> None:
        """Give the innermost unit a field."""
        self.open[-1].add(name, value)
        self.weight += len(name) + len(value) + _EACH

    def _characters(self, data: str) -> None:
        if self.name is None:
            return
        if not self.value:
            self.value = data
            return
        self.value += data
        if len(self.value) > _LONGEST:
            raise Unreadable(
                text("En verdi er lengre enn noen verdi kan være. Lag filen på nytt."), self.line
            )

    def _end(self, name: str) -> None:
        if self.name is None:
            self._close()
            return
        value, self.value = self.value, ""
        if not value or value.isspace():
            self._end_empty(name)
        elif self.open:
            self._add(name, value)
        self.name = None

    def _end_empty(self, name: str) -> None:
        if self._is_self_closing(name):
            return
        if self.on_empty is not None and self.open:
            self.on_empty(name, self.line, self.open[-1])
        if name in self.kinds:
            self._open()
            self._close()
        elif self.open:
            self._add(name, "")

    def _is_self_closing(self, name: str) -> bool:
        """Tell `<x/>` from `<x></x>`: after the first, no end of `x` stands where the parser is."""
        rest = self.parser.GetInputContext() or b""
        end = b"</" + name.encode()
        return not (rest.startswith(end) and rest[len(end) : len(end) + 1] in _AFTER_NAME)

    def _doctype(self, *_: object) -> None:
        raise Unreadable(
            text("Filen har en DOCTYPE; skriv den uten."), self.parser.CurrentLineNumber
        )
