"""Tokens of a provider that others wrote: npm's `oidc-provider`, where Node is."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sakark_api.access.caller import Role
from sakark_api.access.keys import Issuer
from sakark_api.access.oidc import Bindings, IssuerBinding, Verifier

SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
INSTALL = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "oidc-provider@9"]


@pytest.fixture
def real_issuer(tmp_path: Path) -> Iterator[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js with npm is not on this machine")
    try:
        done = subprocess.run(
            [npm, *INSTALL], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install oidc-provider within two minutes")
    if done.returncode != 0:
        pytest.skip(f"npm could not install oidc-provider: {done.stderr.strip()[-300:]}")
    shutil.copy(SCRIPT, tmp_path)
    with subprocess.Popen(
        [node, SCRIPT.name],
        cwd=tmp_path,
        env=os.environ | {"NODE_NO_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        try:
            assert issuer, process.stderr and process.stderr.read()
            yield issuer
        finally:
            process.kill()


@pytest.mark.anyio
async def test_token_of_a_real_provider_gives_a_caller(
    real_issuer: str, client: httpx.AsyncClient, verifier: Verifier, molde: IssuerBinding
) -> None:
    binding = replace(
        molde,
        issuer=Issuer(real_issuer),
        kommune_claim="consumer.ID",
        role_claim="scope",
        role_values={"arkiv": Role.ARKIVAR},
    )
    answer = await client.post(
        f"{real_issuer}/token",
        auth=("fagsystem", "hemmelig"),
        data={
            "grant_type": "client_credentials",
            "scope": "arkiv",
            "resource": "https://sakark.example/",
        },
    )

    caller = await verifier.caller(answer.json()["access_token"], "molde", Bindings([binding]))

    assert (caller.tenant_id, caller.name) == (1, "fagsystem")
    assert caller.roles == {Role.ARKIVAR}
