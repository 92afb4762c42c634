"""The chart is well-formed: helm finds nothing to say, and Kubernetes knows what it makes."""

import json
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
from tests.deploy.chart import (
    CHART,
    KINDS_OF_VALUES,
    NEWEST,
    OLDEST,
    Manifest,
    helm,
    of_kind,
    render,
    run_helm,
    values_file,
)

pytestmark = pytest.mark.skipif(
    helm() is None, reason="no helm on this machine: the chart is neither linted nor rendered"
)

NOT_KUBERNETES = {"ServiceMonitor"}
"""Kinds whose schemas come with their operators; test_chart.py looks at what they say."""


@pytest.mark.parametrize("values", KINDS_OF_VALUES)
def test_lint_finds_nothing(values: str) -> None:
    done = run_helm("lint", "--strict", str(CHART), "-f", values_file(values))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout


@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
@pytest.mark.parametrize("values", KINDS_OF_VALUES)
def test_kubernetes_knows_every_manifest(values: str, kubernetes: str) -> None:
    manifests = render(values, kubernetes)

    problems = [problem for manifest in manifests for problem in complaints(manifest, kubernetes)]

    assert problems == []


def complaints(manifest: Manifest, kubernetes: str) -> Iterator[str]:
    """Say what Kubernetes' own schema has against a manifest; unknown fields count."""
    if manifest["kind"] in NOT_KUBERNETES:
        return
    try:
        kubernetes_validate.validate(dict(manifest), kubernetes, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{manifest['kind']} {manifest['metadata']['name']}: {error.message}"


@pytest.mark.parametrize("kind", ["Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget"])
def test_a_field_that_kubernetes_does_not_know_is_found(kind: str) -> None:
    manifest = of_kind(kind, render("everything"))[0]
    odd = {**manifest, "spec": {**manifest["spec"], "sepc": 1}}

    assert len(list(complaints(odd, NEWEST))) == 1


@pytest.mark.parametrize("values", KINDS_OF_VALUES)
def test_no_two_manifests_have_one_name(values: str) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in render(values)]

    assert len(names) == len(set(names))


def test_every_value_has_a_description() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    assert [path for path, part in properties(schema) if not part.get("description")] == []


def test_no_value_but_the_listed_ones_is_taken() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    open_ended = [
        path
        for path, part in [("", schema), *properties(schema)]
        if "properties" in part and part.get("additionalProperties") is not False
    ]

    assert open_ended == []


def properties(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through the properties of a schema and of what is under them."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from properties(part, f"{path}.{name}")
    for name, part in schema.get("definitions", {}).items():
        yield from properties(part, f"#{name}")
    if "items" in schema:
        yield from properties(schema["items"], f"{path}[]")


REFUSED = {
    "nothing filled in": ([], "image.repository"),
    "workers without an image": (["worker.image.repository="], "worker.image.repository"),
    "a name nobody knows": (["replicaCount=3"], "replicaCount"),
    "a name nobody knows, inside": (["api.replica=3"], "replica"),
    "a secret in a setting": (["settings.SAKARK_S3_SECRET_KEY=x"], "settings"),
    "a setting of the chart's own": (["settings.SAKARK_PUBLIC_URL=https://x.no"], "settings"),
    "a setting that is empty": (["settings.SAKARK_LOG_LEVEL="], "SAKARK_LOG_LEVEL"),
    "a setting of something else": (["settings.PATH=/"], "settings"),
    "an address for a secret's name": (
        ["database.secretName=postgresql://a:b@c/d"],
        "database.secretName",
    ),
    "requests as the owner": (["database.secretName=one,database.ownerSecretName=one"], "owner"),
    "an issuer without its database": (["operator.issuer=https://id.no"], "operator.secretName"),
    "a database without its issuer": (["operator.secretName=drift"], "operator.issuer"),
    "an ingress without host": (["ingress.enabled=true,ingress.tlsSecretName=t"], "ingress.host"),
    "an ingress without TLS": (
        ["ingress.enabled=true,ingress.host=arkiv.example.no"],
        "ingress.tlsSecretName",
    ),
    "an ingress both with and without TLS": (
        [
            "ingress.enabled=true,ingress.host=arkiv.example.no,ingress.tlsSecretName=t,ingress.plain=true"
        ],
        "ingress.tlsSecretName",
    ),
    "TLS for an address without it": (
        [
            "publicUrl=http://arkiv.example.no",
            "ingress.enabled=true,ingress.host=arkiv.example.no,ingress.tlsSecretName=t",
        ],
        "publicUrl",
    ),
    "another host than the address": (
        ["ingress.enabled=true,ingress.host=annet.example.no,ingress.tlsSecretName=t"],
        "ingress.host is annet.example.no",
    ),
    "an address with a slash at the end": (["publicUrl=https://arkiv.example.no/"], "publicUrl"),
    "fewest above most": (
        ["api.autoscaling.enabled=true,api.autoscaling.minReplicas=9"],
        "minReplicas is more than maxReplicas",
    ),
    "scaling by what is not requested": (
        ["api.autoscaling.enabled=true,api.resources.requests.cpu=null"],
        "cpu",
    ),
    "no pods": (["api.replicas=0"], "api.replicas"),
    "more processes than there may be": (["api.processes=65"], "api.processes"),
    "metrics on the API's port": (["metrics.port=8000"], "metrics.port"),
    "a digest that is none": (["image.digest=sha256:abc"], "image.digest"),
    "an origin with a path": (["corsOrigins={https://spa.no/x}"], "corsOrigins"),
    "a policy that lets nobody in": (["networkPolicy.clients=null"], "clients"),
    "traces that the policy stops": (["tracing.endpoint=http://collector:4318"], "collector"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_contradictory_values_are_refused(wrong: str) -> None:
    settings, named = REFUSED[wrong]
    given = ["-f", values_file("required")] if settings else []

    done = run_helm("template", str(CHART), *given, *(f"--set={one}" for one in settings))

    assert done.returncode != 0
    assert named in done.stderr
