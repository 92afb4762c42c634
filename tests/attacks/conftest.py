"""What attackers work with: units in two kommuner, and every operation there is."""

from collections.abc import Mapping

import httpx
import pytest
from tests.conftest import Client, Service, World, build_world, described
from tests.tenancy.operations import Operation, operations

DESCRIPTION = described()
OPERATIONS: tuple[Operation, ...] = tuple(
    one for one in operations(DESCRIPTION) if one.of_kommune and not one.open
)
NO_UPLOADS: Mapping[str, str] = {}


@pytest.fixture(scope="package")
def ours(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture(scope="package")
def theirs(http: httpx.Client, service: Service) -> World:
    return build_world(Client(http, service, "administrator@rauma", "rauma"))
