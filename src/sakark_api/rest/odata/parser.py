"""Reads $filter, $orderby and $search into trees (recursive descent)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sakark_api.errors import Invalid, Unsupported
from sakark_api.rest.odata.lexer import (
    SHOWN,
    Token,
    TokenKind,
    literal,
    refuse_unreadable,
    refused,
    tokens,
)
from sakark_api.rest.odata.tree import (
    And,
    AnyAll,
    Call,
    Comparison,
    Expression,
    Filter,
    Function,
    In,
    Literal,
    Node,
    Not,
    Operator,
    Or,
    Order,
    Path,
    Quantifier,
)
from sakark_api.texts import Text, text

MAX_COMPARISONS = 200
MAX_DEPTH = 30
MAX_LAMBDAS = 3  # inside each other
MAX_STEPS = 12
MAX_CALLS = 200
MAX_CONCATS = 10  # each copies what the others inside it made
CALL_LEVELS = 2  # a call takes twice the stack of a parenthesis when SQLAlchemy writes it
MAX_SEARCH = 500

_OPERATORS = {operator.value: operator for operator in Operator}
_FUNCTIONS = {function.word: function for function in Function}
_MIRRORED: Mapping[Operator, Operator] = {
    Operator.GT: Operator.LT,
    Operator.GE: Operator.LE,
    Operator.LT: Operator.GT,
    Operator.LE: Operator.GE,
}
# Words of OData that are understood and not offered.
_OTHER_OPERATORS = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has"})
_OTHER_FUNCTIONS = frozenset(
    {"cast", "ceiling", "floor", "fractionalseconds", "hassubset", "hassubsequence", "isof"}
    | {"matchesPattern", "maxdatetime", "mindatetime", "now", "round", "substringof", "time"}
    | {"totaloffsetminutes", "totalseconds", "case"}
)


def parse_filter(source: str) -> Filter:
    """Read a $filter, decoded from the URL once (section 6)."""
    parser = _Parser(source)
    tree = parser.condition()
    parser.expect(TokenKind.END)
    return Filter(tree, tuple(parser.values))


def parse_orderby(source: str) -> tuple[Order, ...]:
    parser = _Parser(source)
    orders = [parser.order()]
    while parser.took(TokenKind.COMMA):
        orders.append(parser.order())
    parser.expect(TokenKind.END)
    return tuple(orders)


def parse_search(source: str) -> str:
    """Give the text of a $search without the apostrophes that may surround it."""
    refuse_unreadable(source)
    words = source.strip()
    if len(words) > 1 and words[0] == words[-1] == "'":
        words = words[1:-1].strip()
    if not words:
        raise Invalid(text("Søket er tomt. Skriv det du vil søke etter."))
    if len(words) > MAX_SEARCH:
        raise Invalid(text("Søket er lengre enn {most} tegn. Bruk færre ord.", most=MAX_SEARCH))
    return words


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = tokens(source)
        self._next = next(self._tokens)
        self._depth = 0
        self._lambdas = 0
        self._comparisons = 0
        self._calls: list[Function] = []
        self.values: list[object] = []

    def condition(self) -> Node:
        terms = [self._conjunction()]
        while self._took_word("or"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def order(self) -> Order:
        path = self._expression()
        if isinstance(path, Literal) or self.values:
            raise Unsupported(text("Sortering på faste verdier støttes ikke. Sorter på et felt."))
        descending = self._took_word("desc")
        if not descending:
            self._took_word("asc")
        self._count()
        return Order(path, descending)

    def took(self, kind: TokenKind) -> bool:
        if self._next.kind is not kind:
            return False
        self._advance()
        return True

    def expect(self, kind: TokenKind) -> None:
        if not self.took(kind):
            raise self._expected(kind.value)

    def _conjunction(self) -> Node:
        terms = [self._comparison()]
        while self._took_word("and"):
            terms.append(self._comparison())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _comparison(self) -> Node:
        start = self._next
        left = self._term()
        if isinstance(left, Expression):
            self._count()
        word = self._next.text
        if word in _OTHER_OPERATORS:
            raise Unsupported(text("Operatoren {word} støttes ikke.", word=word))
        if word != "in" and word not in _OPERATORS:
            return left
        if not isinstance(left, Expression):
            raise refused(start.position, text("skriv not (a eq 1), med parentes"))
        self._advance()
        if word == "in":
            return self._among(start, left)
        return _compared(start, left, _OPERATORS[word], self._expression())

    def _among(self, start: Token, left: Expression) -> In:
        if isinstance(left, Literal):
            raise refused(start.position, text("det må stå et felt foran in"))
        self.expect(TokenKind.OPEN)
        items = [self._literal()]
        while self.took(TokenKind.COMMA):
            self._count()
            items.append(self._literal())
        self.expect(TokenKind.CLOSE)
        return In(left, tuple(items))

    def _literal(self) -> Literal:
        found = literal(self._next)
        if found is None:
            raise self._expected(text("en verdi"))
        self._advance()
        kind, value = found
        self.values.append(value)
        return Literal(len(self.values) - 1, kind)

    def _term(self) -> Node:
        if self._took_word("not"):
            with self._nested():
                return Not(self._term())
        if self.took(TokenKind.OPEN):
            with self._nested():
                inner = self.condition()
            self.expect(TokenKind.CLOSE)
            return inner
        if literal(self._next):
            return self._literal()
        return self._named()

    def _named(self) -> Path | Call | AnyAll:
        name = self._next
        if not self.took(TokenKind.NAME):
            raise self._expected(text("et felt, en funksjon eller en verdi"))
        if self._next.kind is TokenKind.OPEN:
            return self._call(name)
        path, opening = _path(name), self._next.text
        if self.took(TokenKind.EXISTS):
            self._count()
            return AnyAll(path, Quantifier.ANY, "", None)
        if not self.took(TokenKind.LAMBDA):
            return path
        word, variable = opening.strip("/:").split("(")
        with self._nested(), self._inside_lambda():
            body = self.condition()
        self.expect(TokenKind.CLOSE)
        return AnyAll(path, Quantifier(word), variable.strip(), body)

    def _call(self, name: Token) -> Call:
        if name.text in _OTHER_FUNCTIONS or name.text.startswith("geo."):
            raise Unsupported(text("Funksjonen {word} støttes ikke.", word=name.text[:SHOWN]))
        function = _FUNCTIONS.get(name.text)
        if function is None:
            raise refused(name.position, text("{word} er ikke en funksjon", word=name.text[:SHOWN]))
        self._count_call(name, function)
        self.expect(TokenKind.OPEN)
        with self._nested(CALL_LEVELS):
            arguments = [self._expression()]
            while self.took(TokenKind.COMMA):
                arguments.append(self._expression())
        if len(arguments) not in function.arities:
            raise refused(
                name.position,
                text(
                    "antall argumenter til {word} skal være {most}, ikke {count}",
                    word=function.word,
                    most=max(function.arities),
                    count=len(arguments),
                ),
            )
        self.expect(TokenKind.CLOSE)
        return Call(function, tuple(arguments))

    def _count_call(self, name: Token, function: Function) -> None:
        self._calls.append(function)
        if len(self._calls) > MAX_CALLS or self._calls.count(Function.CONCAT) > MAX_CONCATS:
            raise refused(
                name.position, text("det er for mange funksjoner; del spørringen i flere")
            )

    def _expression(self) -> Expression:
        start = self._next
        term = self._term()
        if not isinstance(term, Expression):
            raise refused(
                start.position, text("her må det stå et felt, en funksjon eller en verdi")
            )
        return term

    @contextmanager
    def _nested(self, levels: int = 1) -> Iterator[None]:
        self._depth += levels
        if self._depth > MAX_DEPTH:
            raise refused(
                self._next.position,
                text("det er over {most} nivåer inne i hverandre; forenkle", most=MAX_DEPTH),
            )
        yield
        self._depth -= levels

    @contextmanager
    def _inside_lambda(self) -> Iterator[None]:
        self._lambdas += 1
        if self._lambdas > MAX_LAMBDAS:
            raise refused(
                self._next.position,
                text("det er over {most} any eller all inne i hverandre", most=MAX_LAMBDAS),
            )
        yield
        self._lambdas -= 1

    def _count(self) -> None:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise refused(
                self._next.position,
                text("det er over {most} ledd; del spørringen i flere", most=MAX_COMPARISONS),
            )

    def _advance(self) -> None:
        self._next = next(self._tokens, self._next)

    def _took_word(self, word: str) -> bool:
        if self._next.text != word:
            return False
        self._advance()
        return True

    def _expected(self, expected: Text) -> Invalid:
        found = TokenKind.END.value if not self._next.text else f"«{self._next.text[:SHOWN]}»"
        return refused(
            self._next.position,
            text("ventet {expected}, fant {found}", expected=expected, found=found),
        )


def _path(name: Token) -> Path:
    steps = tuple(name.text.split("/"))
    if len(steps) > MAX_STEPS:
        raise refused(
            name.position, text("stien har over {most} ledd; bruk en kortere", most=MAX_STEPS)
        )
    return Path(steps)


def _compared(start: Token, left: Expression, operator: Operator, right: Expression) -> Comparison:
    if not isinstance(left, Literal):
        return Comparison(left, operator, right)
    if not isinstance(right, Literal):
        return Comparison(right, _MIRRORED.get(operator, operator), left)
    raise refused(start.position, text("minst den ene siden må være et felt"))
