"""An invented table to ask about, and a tree written back as a query."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    make_url,
    null,
)

from sakark_api.rest.odata import Field, FieldKind, Fields, compile_filter, parse_filter
from sakark_api.rest.odata.tree import (
    And,
    AnyAll,
    Call,
    Comparison,
    In,
    Literal,
    Node,
    Not,
    Or,
    Path,
)

DIALECT = make_url("postgresql+asyncpg://").get_dialect()()
POST = Table(
    "post",
    MetaData(),
    Column("id", Uuid, nullable=False),
    Column("tittel", Text, nullable=False),
    Column("omtale", Text),
    Column("aar", BigInteger),
    Column("beloep", Numeric),
    Column("dato", DateTime(timezone=True)),
    Column("utlaant", Boolean),
)
FIELDS = Fields(
    {
        "systemID": Field(POST.c.id, FieldKind.UUID),
        "tittel": Field(POST.c.tittel, FieldKind.STRING),
        "omtale": Field(POST.c.omtale, FieldKind.STRING),
        "ppt-v1:omtale": Field(POST.c.omtale, FieldKind.STRING),
        "aar": Field(POST.c.aar, FieldKind.INTEGER),
        "beloep": Field(POST.c.beloep, FieldKind.DECIMAL),
        "dato": Field(POST.c.dato, FieldKind.DATETIME),
        "utlaant": Field(POST.c.utlaant, FieldKind.BOOLEAN),
        "verdi": Field(null(), FieldKind.VALUE),
        "noekkelord": Field(null(), FieldKind.LIST),
    }
)


def sql(source: str) -> str:
    """Give the SQL of a $filter, without the name of the table."""
    predicate = compile_filter(parse_filter(source).tree, FIELDS).predicate
    return str(predicate.compile(dialect=DIALECT)).replace("post.", "")


def parameters(source: str) -> dict[str, object]:
    filter_ = parse_filter(source)
    return compile_filter(filter_.tree, FIELDS).binding.parameters(filter_.values)


def written(node: Node | None, literals: list[str]) -> str:  # noqa: C901, PLR0911 - one for each
    """Write a tree as a query; `literals` holds the values as they are written."""
    match node:
        case Literal(index):
            return literals[index]
        case Path():
            return str(node)
        case Call(function, arguments):
            return f"{function.word}({','.join(written(each, literals) for each in arguments)})"
        case Comparison(left, operator, right):
            return f"{written(left, literals)} {operator.value} {written(right, literals)}"
        case In(left, items):
            among = ", ".join(written(item, literals) for item in items)
            return f"{written(left, literals)} in ({among})"
        case Not(term):
            return f"not ({written(term, literals)})"
        case And(terms):
            return " and ".join(f"({written(term, literals)})" for term in terms)
        case Or(terms):
            return " or ".join(f"({written(term, literals)})" for term in terms)
        case AnyAll(path, _, "", _):
            return f"{path}/any()"
        case AnyAll(path, quantifier, variable, body):
            return f"{path}/{quantifier.value}({variable}:{written(body, literals)})"
        case None:
            return ""
