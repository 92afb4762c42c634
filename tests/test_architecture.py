"""The rules of the house that can be read from the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sakark_api.noark.catalog import CATALOG

SOURCE = Path(__file__).parents[1] / "src" / "sakark_api"
FILES = sorted(SOURCE.rglob("*.py"))
IDS = [str(path.relative_to(SOURCE)) for path in FILES]

ENTITY_PACKAGES = tuple(
    f"sakark_api.noark.{package}." for package in ("arkivstruktur", "sakarkiv", "admin", "moeter")
)
"""Where entities are; the change log beside them is the engine's to write."""

ENTITIES = {
    name
    for resource in CATALOG.resources
    for name in (resource.name, resource.model.__name__)
    if name != "part"
}
"""Names of entities, but for the one that is an ordinary English word too."""

TENANT_ID = {
    "noark/model.py": "declares it",
    "noark/opplasting.py": "a table of its own",
    "noark/arkivstruktur/dokumenttekst.py": "a table of its own",
    "noark/bevaring/tekst.py": "the rows of what files say",
    "noark/logging/endringslogg.py": "a table of its own",
    "noark/metadata/kodeverdi.py": "a table of its own",
    "noark/metadata/virksomhetsspesifikkemetadata.py": "a unique key begins with it",
    "noark/admin/bruker.py": "a unique key begins with it",
    "noark/arkivstruktur/klasse.py": "a unique key begins with it",
    "noark/arkivstruktur/mappe.py": "a unique key begins with it",
    "noark/arkivstruktur/registrering.py": "a unique key begins with it",
    "noark/rules/numre.py": "the counters are a table of their own",
    "noark/resource.py": "the key that units are fetched by",
    "noark/admin/innlogging.py": "makes a bruker outside the engine",
    "noark/arkivstruktur/dokumentobjekt.py": "makes a dokumentobjekt of a file sent to its parent",
    "noark/arkivstruktur/dokumentbeskrivelse.py": "joins through the table between",
    "noark/bevaring/arkivformat.py": "makes the archive format of a dokumentobjekt",
    "noark/bevaring/dokumentkontroll.py": "makes what the worker has found",
    "noark/bevaring/epost.py": "makes what the worker has read of an e-mail",
    "noark/bevaring/kassasjonsgrunn.py": "joins through the tables between",
    "noark/bevaring/kassasjonsutvalg.py": "makes the lines of a list",
    "noark/bevaring/kassasjonsutfoering.py": "deletes what files said",
    "noark/sakarkiv/avskrivning.py": "makes avskrivninger as a case closes",
    "noark/tilgangsstyring/bevaringspaalegg.py": "makes orders for mapper that pass on",
    "noark/arkivstruktur/kryssreferanse.py": "a unique key begins with it",
    "rest/ties.py": "ties units in the tables between them: the engine",
    "rest/fetching.py": "fetches units: the engine",
    "rest/commands.py": "makes and fetches units: the engine",
    "noark/tilgangsstyring/rettigheter.py": "reads the table between users and units",
    "rest/tenant.py": "binds every table of a statement to the kommune that asks",
    "rest/codelists.py": "the statements of the code lists",
    "rest/code_use.py": "looks for a code in the kommune's units",
    "rest/chunks.py": "the rows of uploads under way",
    "rest/dependencies.py": "binds a token to a kommune",
    "access/caller.py": "the kommune a caller is in",
    "access/oidc.py": "binds an issuer to a kommune",
    "db/reader.py": "the kommune a connection serves",
    "db/snapshot.py": "the kommune a snapshot is of",
    "dev/seed.py": "fills demo kommuner",
    "flytting/deling.py": "numbers what another kommune gets after what that has",
    "flytting/lister.py": "selects the rows of a kommune that is split",
    "flytting/overfoering.py": "lets rows of one kommune be of another",
    "flytting/tabeller.py": "selects and puts in the rows of a kommune that moves",
    "flytting/utreise.py": "reads the rows of a kommune that leaves",
    "flytting/ankomst.py": "takes in the rows of a kommune that arrives",
    "flytting/oppgivelse.py": "deletes the rows of a kommune that is given up",
    "flytting/notater.py": "notes rows for the sealer",
    "flytting/nummerering.py": "compares the numbers of two kommuner",
    "flytting/sammen.py": "selects the rows of one of two kommuner",
    "drift/sandkasse.py": "fills a kommune it has just made",
}
"""Files outside tenancy/ that name the kommune's number, and why."""

SQL_TEXT = {
    "db/embedded.py": "roles and database of the development server",
    "db/reader.py": "the kommune of a connection",
}
"""Files with SQL in strings, and why."""

WEB = (
    "rest/",
    "drift/",
    "deponering/beredskap/routes.py",
    "deponering/uttrekk/routes.py",
    "journal/",
    "search/",
    "app.py",
    "serving.py",
    "observe/edge.py",
    "observe/traces.py",
    "dev/",
)
"""What may know of HTTP."""

SQL = re.compile(
    r"\b(SELECT\s.+\sFROM\s|SELECT\s+\w+\(|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
    r"|CREATE\s+(TABLE|ROLE|INDEX|DATABASE|SCHEMA)\b|ALTER\s+(TABLE|ROLE)\b|DROP\s+TABLE\b)",
    re.DOTALL,
)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """List every module, and every name of a module, that a file imports, wherever it does."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def strings(path: Path) -> Iterator[str]:
    """List the strings of a file that are not docstrings."""
    tree = tree_of(path)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 50
    assert {"journalpost", "Journalpost"} <= ENTITIES


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith("rest/")], ids=name_of
)
def test_the_engine_imports_no_entity(path: Path) -> None:
    found = [name for name in imports(path) if name.startswith(ENTITY_PACKAGES)]

    assert found == []
    assert "sakark_api.noark.catalog.CATALOG" not in set(imports(path))


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith("rest/")], ids=name_of
)
def test_the_engine_names_no_entity(path: Path) -> None:
    named = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}

    assert not (named | set(strings(path))) & ENTITIES


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_transactions_end_in_their_places(path: Path) -> None:
    called = {
        node.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback")
    }

    assert not called or name_of(path) in ("tenancy/session.py", "db/migrate.py")


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_kommunes_number_is_named_where_it_must_be(path: Path) -> None:
    names = {
        name
        for node in ast.walk(tree_of(path))
        for name in (
            getattr(node, "id", None),
            getattr(node, "attr", None),
            getattr(node, "arg", None),
            getattr(node, "value", None) if isinstance(node, ast.Constant) else None,
        )
        if name == "tenant_id"
    }

    allowed = name_of(path) in TENANT_ID or name_of(path).startswith("tenancy/")
    assert not names or allowed


def test_the_exceptions_still_are() -> None:
    missing = [name for name in (*TENANT_ID, *SQL_TEXT) if not (SOURCE / name).exists()]
    idle = [
        name
        for name in TENANT_ID
        if name not in missing and "tenant_id" not in (SOURCE / name).read_text(encoding="utf-8")
    ]

    assert missing == []
    assert idle == []


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_there_is_no_sql_in_strings(path: Path) -> None:
    found = [text for text in strings(path) if SQL.search(text)]

    assert not found or name_of(path) in SQL_TEXT, found


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_sqlalchemys_text_is_not_used(path: Path) -> None:
    assert "sqlalchemy.text" not in set(imports(path))


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if not name_of(path).startswith(WEB)],
    ids=name_of,
)
def test_only_the_edge_knows_of_http(path: Path) -> None:
    web = [name for name in imports(path) if name.startswith(("fastapi", "starlette"))]

    assert web == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if not name_of(path).startswith("dev/")], ids=name_of
)
def test_what_is_for_development_is_imported_by_its_own_commands_only(path: Path) -> None:
    found = [name for name in imports(path) if name.startswith("sakark_api.dev")]

    assert not found or name_of(path) == "cli.py"


def test_the_command_imports_development_inside_its_functions_only() -> None:
    top = [node for node in tree_of(SOURCE / "cli.py").body if isinstance(node, ast.ImportFrom)]

    assert not [node.module for node in top if "dev" in (node.module or "")]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_clock_is_read_at_the_edge(path: Path) -> None:
    read = [
        ast.unparse(node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]

    edges = (
        "rest/dependencies.py",
        "dev/server.py",
        "cli_owner.py",
        "cli_bevis.py",
        "jobs/worker.py",
        "storage/s3.py",  # how long a bucket keeps what is put there
    )
    assert not read or name_of(path) in edges


CATCHES_ALL = {
    "rest/problems.py": "the outermost edge",
    "cli.py": "the outermost edge of commands, which shows no text of an error it does not know",
    "tenancy/session.py": "a rollback that fails must not hide the error it is for",
}
"""Files that catch every error and do not raise it again, and why."""


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_everything_is_caught_where_there_is_a_reason(path: Path) -> None:
    caught = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (
                isinstance(node.type, ast.Name)
                and node.type.id in ("Exception", "BaseException")
                and not any(isinstance(one, ast.Raise) for one in ast.walk(node))
            )
        )
    ]

    assert not caught or name_of(path) in CATCHES_ALL


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_module_says_what_it_is_about(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path))

    assert docstring or not path.read_text(encoding="utf-8").strip()
