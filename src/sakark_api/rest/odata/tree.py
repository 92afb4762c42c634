"""The parsed form of a query: what is asked, with numbered places for the values asked about."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class LiteralKind(Enum):
    STRING = "string"
    NUMBER = "number"
    DECIMAL = "decimal"
    DATETIME = "datetime"
    DATE = "date"
    BOOLEAN = "boolean"
    UUID = "uuid"
    NULL = "null"


class Operator(Enum):
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


class Quantifier(Enum):
    ANY = "any"
    ALL = "all"


class Function(Enum):
    """A function by the word it is written with, and how many arguments it may take."""

    CONTAINS = "contains", 2
    STARTSWITH = "startswith", 2
    ENDSWITH = "endswith", 2
    SUBSTRING = "substring", 2, 3
    TOLOWER = "tolower", 1
    TOUPPER = "toupper", 1
    TRIM = "trim", 1
    LENGTH = "length", 1
    CONCAT = "concat", 2
    INDEXOF = "indexof", 2
    YEAR = "year", 1
    MONTH = "month", 1
    DAY = "day", 1
    HOUR = "hour", 1
    MINUTE = "minute", 1
    SECOND = "second", 1
    DATE = "date", 1

    def __init__(self, word: str, *arities: int) -> None:
        self.word = word
        self.arities = arities


@dataclass(frozen=True, slots=True)
class Literal:
    """The place of a value: filters that differ only in their values have equal trees."""

    index: int
    kind: LiteralKind


@dataclass(frozen=True, slots=True)
class Path:
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return "/".join(self.steps)


@dataclass(frozen=True, slots=True)
class Call:
    function: Function
    arguments: tuple["Expression", ...]

    def __str__(self) -> str:
        return f"{self.function.word}()"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison; a literal always stands to the right, `5 lt a` is read as `a gt 5`."""

    left: Path | Call
    operator: Operator
    right: "Expression"


@dataclass(frozen=True, slots=True)
class In:
    left: Path | Call
    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyAll:
    """A condition on the members of a list; `any()` without one asks whether there are any."""

    path: Path
    quantifier: Quantifier
    variable: str
    body: "Node | None"


Expression = Path | Call | Literal
Node = Expression | Comparison | In | Not | And | Or | AnyAll


@dataclass(frozen=True, slots=True)
class Filter:
    """A tree and the values of its literals, in the order they are written."""

    tree: Node
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Order:
    path: Path | Call
    descending: bool


def paths(node: Node | None) -> Iterator[Path]:
    """Give every path of a tree, as it is written."""
    match node:
        case Path():
            yield node
        case Call(arguments=inner) | And(terms=inner) | Or(terms=inner):
            for one in inner:
                yield from paths(one)
        case Comparison(left, _, right):
            yield from paths(left)
            yield from paths(right)
        case In(left):
            yield from paths(left)
        case Not(term):
            yield from paths(term)
        case AnyAll(path, _, _, body):
            yield path
            yield from paths(body)
