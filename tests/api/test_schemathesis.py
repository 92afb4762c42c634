"""Requests invented from the API's own description find no fault of ours and no surprise."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance
from tests.conftest import Client, Service, World, build_world, described

EXAMPLES = 2
CODE_LISTS = ("dokumenttype", "format", "land")
"""All code lists are the same code: some stand for the rest."""
OWNERS = ("mappe", "journalpost", "dokumentbeskrivelse", "arkivdel")
"""So are the relations of all units, and what is made by them."""
READERS = (*OWNERS, "bruker", "part", "konvertering", "moetemappe", "system")
"""So are lists and single units, where nothing but the query is sent."""


def stands_for_itself(path: str, method: str) -> bool:
    """Tell whether no other operation is served by the same code in the same way."""
    parts = path.strip("/").split("/")
    if "metadata" in parts:
        return any(name in parts for name in CODE_LISTS)
    if "{system_id}" in parts[:-1]:
        return parts[3] in OWNERS or parts[5] == "fil"
    return method not in {"get", "delete"} or len(parts) < 4 or parts[3] in READERS


ALL = schemathesis.openapi.from_dict(described()).get_all_operations()
OPERATIONS: dict[str, Any] = {
    result.ok().label: result.ok()
    for result in ALL
    if isinstance(result, Ok) and stands_for_itself(result.ok().path, result.ok().method)
}
CALLS = [
    (label, mode)
    for label, operation in OPERATIONS.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    # Where nothing is sent, nothing can be sent wrong.
    if mode is GenerationMode.POSITIVE or operation.definition.raw.get("security") != []
]
NEVER_DOCUMENTED = {405, 501}
"""What is answered for methods and queries that the description does not have."""


@pytest.fixture(scope="module")
def ours(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@vestnes", "vestnes"))


@pytest.mark.parametrize(("label", "mode"), CALLS)
def test_whatever_is_sent_is_answered_as_described(
    service: Service, ours: World, label: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[label]
    user = "drift@sakark" if operation.path.startswith("/drift/") else "administrator@vestnes"
    token = {"Authorization": f"Bearer {service.token(user)}"}
    entity = operation.path.strip("/").split("/")[3:4]
    unit = getattr(ours, entity[0], None) if entity else None
    documented = {int(status) for status in operation.definition.raw["responses"]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, mode), here=st.booleans())
    def send(case: Any, *, here: bool) -> None:
        path = dict(case.path_parameters or {})
        if "kommune" in path:
            path["kommune"] = "vestnes"
        if here and unit is not None and "system_id" in path:
            path["system_id"] = unit["systemID"]
        case.path_parameters = path

        answer = case.call(base_url=service.url, headers=token, timeout=30)

        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        assert answer.status_code in documented | NEVER_DOCUMENTED, answer.text
        if answer.status_code >= 400:
            assert answer.json()["feil"]["kode"] == answer.status_code
        if not is_file(operation, answer.status_code):
            case.validate_response(answer, checks=[response_schema_conformance])

    send()


def is_file(operation: Any, status: int) -> bool:
    """Tell whether an answer is somebody's file, whose bytes need not be what its type says."""
    return operation.method == "get" and operation.path.endswith("/fil/") and status in {200, 206}


def cases(operation: Any, mode: GenerationMode) -> Any:
    return operation.as_strategy(generation_mode=mode)
