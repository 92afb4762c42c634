"""Splits a query into tokens and reads its literals."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from sakark_api.errors import Invalid
from sakark_api.rest.odata.tree import LiteralKind
from sakark_api.texts import Text, text

MAX_SOURCE = 8_000
SHOWN = 40  # how many characters of the input an error repeats

GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

# Lone surrogates can no more be sent to the database than NUL can.
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_ZONE = r"(?:[Zz]|[+\ -][0-9]{2}:[0-5][0-9])?"  # a space is a "+" that was not sent as %2B
_NAME = r"[^\W\d_][\w-]*(?::[\w-]+)*(?:\.[^\W\d_][\w-]*)*"
_END = r"(?![\w.:/+-])"
_TOKEN = re.compile(
    rf"""
      (?P<STRING>'(?:[^']|'')*')(?!')
    | (?P<UUID>{GUID.pattern}){_END}
    | (?P<DATETIME>{_DAY}{_TIME}{_ZONE}){_END}
    | (?P<DATE>{_DAY}{_ZONE}){_END}
    | (?P<DECIMAL>-?[0-9]+\.[0-9]+){_END}
    | (?P<NUMBER>-?[0-9]+){_END}
    | (?P<LAMBDA>/(?:any|all)\(\ *[^\W\d_]\w*\ *:)
    | (?P<EXISTS>/any\(\ *\))
    | (?P<NAME>{_NAME}(?:/(?!(?:any|all)\(){_NAME})*)
    | (?P<OPEN>\()
    | (?P<CLOSE>\))
    | (?P<COMMA>,)
    | (?P<SPACE>\ +)
    """,
    re.VERBOSE,
)


class TokenKind(Enum):
    STRING = text("en tekst")
    UUID = text("en UUID")
    DATETIME = text("et tidspunkt")
    DATE = text("en dato")
    DECIMAL = text("et desimaltall")
    NUMBER = text("et heltall")
    LAMBDA = text("any eller all")
    EXISTS = text("any() uten vilkår")
    NAME = text("et navn")
    OPEN = text("«(»")
    CLOSE = text("«)»")
    COMMA = text("«,»")
    END = text("slutten")


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    position: int


def refused(position: int, problem: Text) -> Invalid:
    """Say where the query stops making sense; people count characters from one."""
    return Invalid(
        text(
            "Spørringen kan ikke leses fra tegn {position}: {problem}.",
            position=position + 1,
            problem=problem,
        )
    )


def refuse_unreadable(source: str) -> None:
    if found := _UNREADABLE.search(source):
        raise refused(found.start(), text("styretegn er ikke tillatt; fjern tegnet"))


def tokens(source: str) -> Iterator[Token]:
    if len(source) > MAX_SOURCE:
        raise Invalid(
            text("Spørringen er lengre enn {most} tegn. Del den i flere.", most=MAX_SOURCE)
        )
    refuse_unreadable(source)
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise refused(position, _unknown(source[position : position + SHOWN]))
        if match.lastgroup != "SPACE":
            yield Token(TokenKind[match.lastgroup], match.group(), position)
        position = match.end()
    yield Token(TokenKind.END, "", position)


def literal(token: Token) -> tuple[LiteralKind, object] | None:
    """Read the value a token stands for; a token that is not a value gives None."""
    if token.kind is TokenKind.NAME:
        return _WORDS.get(token.text)
    if token.kind not in _READERS:
        return None
    kind, read, advice = _READERS[token.kind]
    try:
        return kind, read(token.text)
    except (ValueError, OverflowError):
        raise refused(token.position, advice) from None


def _unknown(rest: str) -> Text:
    if rest.startswith("'"):
        return text("teksten mangler apostrofen som avslutter den; en apostrof i tekst skrives ''")
    return text("«{rest}» er ikke et navn, en verdi eller et tegn som brukes her", rest=rest)


def _int64(source: str) -> int:
    if len(source) > len(str(-(2**63))) or not -(2**63) <= int(source) < 2**63:
        raise ValueError
    return int(source)


def _moment(source: str) -> datetime:
    moment = datetime.fromisoformat(source.upper().replace(" ", "+"))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _day(source: str) -> date:
    """Read a day; one that is written with its zone becomes the moment it starts there."""
    day, zone = source[:10], source[10:].upper()
    if zone.startswith(" "):  # may as well be a time of day as an offset
        raise ValueError
    return datetime.fromisoformat(f"{day}T00:00{zone}") if zone else date.fromisoformat(day)


_WORDS: Mapping[str, tuple[LiteralKind, object]] = {
    "true": (LiteralKind.BOOLEAN, True),
    "false": (LiteralKind.BOOLEAN, False),
    "null": (LiteralKind.NULL, None),
}
_READERS: Mapping[TokenKind, tuple[LiteralKind, Callable[[str], object], Text]] = {
    TokenKind.STRING: (
        LiteralKind.STRING,
        lambda source: source[1:-1].replace("''", "'"),
        text("teksten må stå i apostrofer"),
    ),
    TokenKind.UUID: (LiteralKind.UUID, UUID, text("UUID-en må ha 32 heksadesimale sifre")),
    TokenKind.NUMBER: (LiteralKind.NUMBER, _int64, text("heltallet må få plass i 64 bit")),
    TokenKind.DECIMAL: (LiteralKind.DECIMAL, Decimal, text("tallet må skrives som 12.5")),
    TokenKind.DATETIME: (
        LiteralKind.DATETIME,
        _moment,
        text(
            "tidspunktet må finnes og ha tidssone, som 2017-02-15T10:00:00Z"
            " eller 2017-02-15T10:00:00+01:00 der + sendes som %2B"
        ),
    ),
    TokenKind.DATE: (
        LiteralKind.DATE,
        _day,
        text(
            "datoen må finnes og skrives som 2017-02-15 eller 2017-02-15+01:00 der + sendes som %2B"
        ),
    ),
}
