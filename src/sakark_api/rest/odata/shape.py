"""Reads $expand and $select: what is shown of units, and which units inside them."""

import re
from collections.abc import Iterator, Mapping

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.odata.lexer import MAX_SOURCE, SHOWN, refuse_unreadable
from sakark_api.texts import text

__all__ = ["Expansion", "parse_expand", "parse_select"]

MAX_EXPANDED = 10
MAX_LEVELS = 3
MAX_CHOSEN = 100

Expansion = Mapping[str, "Expansion"]
"""Which relations to show the units of, and what to show inside those in turn."""

Growing = dict[str, "Growing"]

_NAME = r"[^\W\d_]\w*"
_TOKEN = re.compile(
    rf"\s*(?P<token>{_NAME}(?:/{_NAME})*|\$\w+|[(),;=])\s*",
)
_ATTRIBUTE = re.compile(rf"\s*({_NAME})\s*")


def parse_expand(source: str) -> Expansion:
    """Read an $expand, nested by slashes or by $expand in parentheses."""
    reader = _Reader(source)
    tree: Growing = {}
    reader.items(tree)
    if reader.next:
        raise _unreadable(reader.next)
    if (depth := _depth(tree)) > MAX_LEVELS:
        raise _too_deep(depth)
    if _size(tree) > MAX_EXPANDED:
        raise Invalid(
            text("$expand har over {most} relasjoner. Hent noen for seg.", most=MAX_EXPANDED)
        )
    return tree


def parse_select(source: str) -> frozenset[str]:
    """Read a $select: names of attributes with commas between."""
    _refuse_long(source)
    found = [_ATTRIBUTE.fullmatch(one) for one in source.split(",", MAX_CHOSEN)]
    if not all(found):
        raise Invalid(text("$select må være navn på felter, med komma mellom."))
    return frozenset(one[1] for one in found if one)


class _Reader:
    def __init__(self, source: str) -> None:
        _refuse_long(source)
        self._tokens = _tokens(source)
        self._levels = 0
        self.next = next(self._tokens, "")

    def items(self, tree: Growing) -> None:
        self._item(tree)
        while self._took(","):
            self._item(tree)

    def _item(self, tree: Growing) -> None:
        path = self._advance()
        if not path[:1].isalpha():
            raise _unreadable(path)
        roles = path.split("/")
        if len(roles) > MAX_LEVELS:
            raise _too_deep(len(roles))
        for role in roles:
            tree = tree.setdefault(role, {})
        if self._took("("):
            self._levels += 1
            if self._levels > MAX_LEVELS:
                raise _unreadable("(")
            self._option(tree)
            self._levels -= 1

    def _option(self, tree: Growing) -> None:
        option = self._advance()
        if option.startswith("$") and option != "$expand":
            raise Unsupported(
                text("{navn} inne i $expand støttes ikke. Hent listen for seg.", navn=option)
            )
        if option != "$expand" or not self._took("="):
            raise _unreadable(option)
        self.items(tree)
        if self._took(";"):
            raise Unsupported(text("Bare $expand støttes inne i $expand."))
        if not self._took(")"):
            raise _unreadable(self.next)

    def _took(self, token: str) -> bool:
        if self.next != token:
            return False
        self._advance()
        return True

    def _advance(self) -> str:
        taken, self.next = self.next, next(self._tokens, "")
        return taken


def _tokens(source: str) -> Iterator[str]:
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unreadable(source[position:])
        yield match["token"]
        position = match.end()


def _refuse_long(source: str) -> None:
    refuse_unreadable(source)
    if len(source) > MAX_SOURCE:
        raise Invalid(
            text("Spørringen er lengre enn {most} tegn. Del den i flere.", most=MAX_SOURCE)
        )


def _unreadable(rest: str) -> Invalid:
    return Invalid(
        text(
            "$expand kan ikke leses ved «{rest}». Skriv for eksempel part,merknad.",
            rest=rest[:SHOWN],
        )
    )


def _too_deep(depth: int) -> Invalid:
    return Invalid(
        text("$expand går {dybde} nivåer ned. Bruk høyst {most}.", dybde=depth, most=MAX_LEVELS)
    )


def _depth(tree: Expansion) -> int:
    return max((1 + _depth(inner) for inner in tree.values()), default=0)


def _size(tree: Expansion) -> int:
    return sum(1 + _size(inner) for inner in tree.values())
