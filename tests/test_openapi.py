"""The API's description: valid, complete, as committed, and good enough for clients."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.conftest import Service, described
from tests.tenancy.operations import operations

from sakark_api.app import openapi
from sakark_api.noark.catalog import CATALOG

DESCRIPTION = described()
OPERATIONS = tuple(operations(DESCRIPTION))
SCHEMAS: Mapping[str, Any] = DESCRIPTION["components"]["schemas"]


def written(path: str, method: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = DESCRIPTION["paths"][path][method.lower()]
    return found


def test_the_committed_description_is_the_generated_one_each_time() -> None:
    generated = [json.dumps(openapi()) for _ in range(2)]

    assert generated[0] == generated[1]
    assert json.loads(generated[0]) == DESCRIPTION


def test_the_description_is_valid_openapi() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()] == []


def test_the_running_service_gives_the_same_description(
    http: httpx.Client, service: Service
) -> None:
    assert http.get(f"{service.url}/openapi.json").json() == json.loads(json.dumps(DESCRIPTION))


def test_the_page_of_the_description_is_there(http: httpx.Client, service: Service) -> None:
    answer = http.get(f"{service.url}/docs")

    assert answer.status_code == 200
    assert "/openapi.json" in answer.text


def test_every_operation_has_a_name_of_its_own() -> None:
    counted = Counter(one.id for one in OPERATIONS)

    assert [name for name, count in counted.items() if count > 1] == []
    assert all(name.isidentifier() or "-" not in name for name in counted)


def test_every_operation_needs_a_token_but_the_open_ones() -> None:
    assert DESCRIPTION["security"] == [{"oidc": []}]
    assert "oidc" in DESCRIPTION["components"]["securitySchemes"]
    assert {one.path for one in OPERATIONS if one.open} == {
        "/health/live",
        "/health/ready",
        "/kommuner/",
        "/{kommune}/api/",
        "/{kommune}/api/.well-known/openid-configuration/",
        "/{kommune}/api/offentlig/journal/",
        "/{kommune}/api/offentlig/journal/{dato}/",
    }


def test_every_operation_is_described_with_its_answers() -> None:
    odd = [
        one.id
        for one in OPERATIONS
        if not written(one.path, one.method).get("summary")
        or not any(status < 400 for status in one.statuses)
        or not (one.open or {400, 401, 403, 404} <= one.statuses)
    ]

    assert odd == []


def test_every_parameter_of_an_address_is_declared() -> None:
    odd = []
    for one in OPERATIONS:
        declared = {
            resolved(parameter)["name"]
            for parameter in written(one.path, one.method).get("parameters", ())
            if resolved(parameter)["in"] == "path"
        }
        named = {part.strip("{}") for part in one.path.split("/") if part.startswith("{")}
        if declared != named:
            odd.append((one.id, declared ^ named))

    assert odd == []


def resolved(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the description."""
    if "$ref" not in thing:
        return thing
    found: Any = DESCRIPTION
    for step in thing["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def test_every_answer_is_of_a_media_type_that_is_sent() -> None:
    kinds = {
        (one.id, status, kind)
        for one in OPERATIONS
        for status, answer in written(one.path, one.method)["responses"].items()
        for kind in answer.get("content", {})
    }

    assert {
        kind
        for name, _, kind in kinds
        if not name.endswith(("fil_get", "forhaandsvisning", "oidc_get", "_fil", "_innsending"))
        and not name.startswith(("drift_", "journal_"))
    } == {"application/vnd.noark5+json"}
    assert {kind for name, _, kind in kinds if name.startswith("journal_")} == {
        "application/vnd.noark5+json",
        "application/xml",
        "application/pdf",
    }
    assert {kind for name, _, kind in kinds if name.startswith("drift_")} == {
        "application/vnd.noark5+json",
        "application/json",
        "text/csv",
    }


def test_every_resource_has_named_schemas() -> None:
    names = {resource.model.__name__ for resource in CATALOG.resources}

    assert names <= set(SCHEMAS)
    assert {f"{name}Liste" for name in names} <= set(SCHEMAS)


def test_every_field_is_described() -> None:
    silent = [
        (name, field)
        for name, schema in SCHEMAS.items()
        for field, about in schema.get("properties", {}).items()
        if field != "_links"
        and "$ref" not in about
        and not name.endswith("Liste")
        and name not in ("Lenker", "Feil")
        and not about.get("description")
    ]

    assert silent == []


def test_every_schema_is_a_schema() -> None:
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert name


def examples() -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """List every example: where it stands, the schema it is of and the value."""
    for name, schema in SCHEMAS.items():
        yield from ((name, schema, value) for value in schema.get("examples", ()))
        if "example" in schema:
            yield name, schema, schema["example"]
    for one in OPERATIONS:
        operation = written(one.path, one.method)
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in contents:
            for about in content.get("content", {}).values():
                schema = about.get("schema", {})
                if "example" in about:
                    yield one.id, schema, about["example"]
                for value in about.get("examples", {}).values():
                    yield one.id, schema, value["value"]


def test_the_examples_are_valid() -> None:
    wrong = []
    for where, schema, value in examples():
        whole = {**schema, "components": DESCRIPTION["components"]}
        wrong += [
            (where, error.message) for error in validator_for(whole)(whole).iter_errors(value)
        ]

    assert wrong == []


def test_every_body_that_makes_something_has_an_example() -> None:
    shown = {where for where, _, _ in examples()}

    missing = {
        one.schema
        for one in OPERATIONS
        if one.method == "POST" and one.schema and not {one.id, one.schema} & shown
    }

    assert missing == set()


def test_the_requirement_numbers_are_in_the_description() -> None:
    title = SCHEMAS["Journalpost"]["properties"]["tittel"]

    assert title["x-noark"] == "M020"


NPM = shutil.which("npm")
CLIENT = """
import type {{ components, paths }} from "./sakark";

type Ny = components["schemas"]["JournalpostNy"];
type Post = components["schemas"]["Journalpost"];
type Read = paths["/{{kommune}}/api/sakarkiv/journalpost/{{system_id}}/"]["get"];

export const body: Ny = {{ tittel: "Søknad" }};
export const title = (post: Post): string => post.tittel;
export type Answer = Read["responses"][200]["content"]["application/vnd.noark5+json"];
export const read = (answer: Answer): string => answer.tittel;
// @ts-expect-error  a title is text
export const wrong: Ny = {{ tittel: 1 }};
"""


@pytest.mark.skipif(NPM is None, reason="there is no Node here to make a TypeScript client with")
@pytest.mark.timeout(300)
def test_a_typescript_client_can_be_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "sakark.json").write_text(json.dumps(DESCRIPTION), encoding="utf-8")
    (tmp_path / "client.ts").write_text(CLIENT.format(), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"private": true}', encoding="utf-8")
    packages = ["openapi-typescript@7", "typescript@5"]
    got = in_folder(tmp_path, "npm", "install", "--no-audit", "--no-fund", *packages)
    if got.returncode != 0:
        pytest.skip(f"npm could not fetch openapi-typescript: {got.stderr[-200:]}")

    made = in_folder(tmp_path, "npx", "openapi-typescript", "sakark.json", "-o", "sakark.ts")
    compiled = in_folder(
        tmp_path, "npx", "tsc", "--noEmit", "--strict", "--skipLibCheck", "client.ts", "sakark.ts"
    )

    assert made.returncode == 0, made.stderr
    assert compiled.returncode == 0, compiled.stdout


def in_folder(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
