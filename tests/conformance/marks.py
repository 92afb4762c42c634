"""Which tests there are, and what each says it proves, read from the source of the tests.

Reading takes a fraction of what collecting takes, and sees every test whatever part of them runs.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Test", "all_tests", "named", "proofs"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, order=True)
class Test:
    """One test function; all its parameters are one test."""

    __test__ = False  # not one itself, whatever it is called

    path: str
    name: str
    krav: tuple[str, ...]


@cache
def all_tests() -> tuple[Test, ...]:
    """List every test function below tests/, in the order of their files and names."""
    return tuple(
        sorted(test for path in (ROOT / "tests").rglob("test_*.py") for test in _tests_of(path))
    )


@cache
def proofs() -> Mapping[str, tuple[Test, ...]]:
    """Give the tests that carry each id."""
    found: dict[str, list[Test]] = {}
    for test in all_tests():
        for one in test.krav:
            found.setdefault(one, []).append(test)
    return {one: tuple(tests) for one, tests in found.items()}


def named(name: str) -> Test:
    """Give a test by its name; the page must not speak of one that is no more."""
    found = [test for test in all_tests() if test.name == name]
    if len(found) != 1:
        raise LookupError(f"{len(found)} tests are called {name}; the page on conformance needs it")
    return found[0]


def _tests_of(path: Path) -> Iterator[Test]:
    tree, place = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()
    found = 0
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_":
            marks = [mark for part in node.decorator_list for mark in _marks(part)]
            found += len(marks)
            ids = (one for mark in marks for one in _ids(mark, place))
            yield Test(place, node.name, tuple(dict.fromkeys(ids)))
    if found != sum(1 for _ in _marks(tree)):
        raise TypeError(f"{place}: krav(…) stands among the decorators of a test, or is not seen")


def _marks(part: ast.AST) -> Iterator[ast.Call]:
    """Give every `pytest.mark.krav(…)` in a piece of source, those of parameters too."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.krav":
            yield node


def _ids(mark: ast.Call, place: str) -> Iterator[str]:
    for given in mark.args:
        if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
            raise TypeError(f"{place}:{mark.lineno}: write the ids of krav(…) as strings")
        yield given.value
