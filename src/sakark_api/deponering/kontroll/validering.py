"""XML held against its schemas, as a stream: nothing is built in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from sakark_api.errors import Invalid
from sakark_api.texts import text

__all__ = ["MOST_DISTINCT", "Brudd", "compile_schema", "validate"]

MOST_DISTINCT = 100
_MOST = 1000
"""Breaches after which the rest of a file is not looked at; it is not sound anyway."""
_CHUNK = 1 << 20
_MOST_SHOWN = 400
"""Characters of a message; libxml2 lists every value an enumeration allows."""


@dataclass
class Brudd:
    """One way in which a file breaks its schema: in libxml2's words, where first, how often."""

    message: str
    line: int | None
    count: int = 1


class _Bare(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Find what schemas import by its file name alone, and nothing anywhere else."""

    def __init__(self, find: Callable[[str], Path | None]) -> None:
        self._find = find

    def resolve(self, system_url: str, _public_id: str, context: object) -> object:
        path = self._find(system_url.rsplit("/", 1)[-1])
        if path is None:
            return self.resolve_empty(context)
        return self.resolve_string(path.read_bytes(), context, base_url=path.name)


def compile_schema(path: Path, find: Callable[[str], Path | None]) -> etree.XMLSchema:
    """Compile a schema; what it imports is found by name with `find`.

    Raises `Invalid` for what is no schema, with the reason in libxml2's words.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Bare(find))
    try:
        document = etree.fromstring(path.read_bytes(), parser, base_url=path.name)
        return etree.XMLSchema(document)
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise Invalid(
            text("{fil} er ikke et gyldig skjema ({feil}).", fil=path.name, feil=_plain(str(error)))
        ) from None


def validate(path: Path, schema: etree.XMLSchema) -> list[Brudd]:
    """List how a file breaks its schema, or XML itself: distinct breaches, at most a hundred.

    The file is read once; when there are breaches, once more to find their lines, since libxml2
    does not tell them of a stream.
    """
    chunks = _chunks_with_breaches(path, schema)
    return _located(path, schema, chunks) if chunks else []


class _Nothing:
    """Build nothing of what is parsed."""

    def close(self) -> None:
        return None


def _parser(schema: etree.XMLSchema) -> etree.XMLParser:
    return etree.XMLParser(
        target=_Nothing(),
        schema=schema,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _chunks_with_breaches(path: Path, schema: etree.XMLSchema) -> frozenset[int]:
    found: set[int] = set()
    seen = number = 0
    parser = _parser(schema)
    try:
        for number, chunk in enumerate(_chunks(path)):
            parser.feed(chunk)
            if len(parser.feed_error_log) > seen:
                seen = len(parser.feed_error_log)
                found.add(number)
            if seen >= _MOST:
                return frozenset(found)
        parser.close()
    except etree.XMLSyntaxError:
        found.add(number)
    if len(parser.feed_error_log) > seen:
        found.add(number)
    return frozenset(found)


def _located(path: Path, schema: etree.XMLSchema, chunks: frozenset[int]) -> list[Brudd]:
    """Read again, the chunks with breaches line by line, and see at which line each comes."""
    parser = _parser(schema)
    found: dict[str, Brudd] = {}
    seen, line = 0, 1
    try:
        for number, chunk in enumerate(_chunks(path)):
            for piece in chunk.splitlines(keepends=True) if number in chunks else [chunk]:
                parser.feed(piece)
                if number in chunks and len(parser.feed_error_log) > seen:
                    seen = _note(parser.feed_error_log, seen, line, found)
                line += piece.count(b"\n")
            if number >= max(chunks):
                break
        else:
            parser.close()
    except etree.XMLSyntaxError as error:
        _add(found, str(error.msg), error.lineno)
    _note(parser.feed_error_log, seen, line, found)
    return list(found.values())


def _note(log: "etree._ListErrorLog", seen: int, line: int, found: dict[str, Brudd]) -> int:
    for entry in list(log)[seen:]:
        _add(found, entry.message, line)
    return len(log)


def _add(found: dict[str, Brudd], message: str, line: int | None) -> None:
    plain = _plain(message)
    if plain in found:
        found[plain].count += 1
    elif len(found) < MOST_DISTINCT:
        found[plain] = Brudd(plain, line)


def _plain(message: str) -> str:
    """Take the namespaces out of a message; the names say enough."""
    shown = "".join(part.rpartition("}")[2] for part in _parts(message))
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"


def _parts(message: str) -> list[str]:
    return message.split("{http://www.arkivverket.no/standarder/")
