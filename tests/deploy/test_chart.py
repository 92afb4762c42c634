"""What the chart makes is safe, and its parts fit each other and the program."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.chart import (
    CHART,
    KINDS_OF_VALUES,
    Manifest,
    containers,
    helm,
    of_kind,
    pod_labels,
    render,
    selected,
    values_file,
    workloads,
)
from tests.deploy.program import is_a_command, start_settings

from sakark_api.settings import PREFIX, Settings

pytestmark = pytest.mark.skipif(
    helm() is None, reason="no helm on this machine: the chart is neither linted nor rendered"
)
every_kind_of_values = pytest.mark.parametrize("values", KINDS_OF_VALUES)

ROOT = Path(__file__).parents[2]
SECRETS = {
    *re.findall(r"`(SAKARK_\w+)`.*Secret\. \|", (ROOT / "docs" / "settings.md").read_text()),
    "SAKARK_S3_ACCESS_KEY",
}
A_VALUE = {
    "SAKARK_DATABASE_URL": "postgresql://sakark_app:x@db/sakark",
    "SAKARK_DATABASE_OWNER_URL": "postgresql://sakark_owner:x@db/sakark",
    "SAKARK_DATABASE_OPERATOR_URL": "postgresql://sakark_drift:x@db/sakark",
    "SAKARK_S3_ACCESS_KEY": "x",
    "SAKARK_S3_SECRET_KEY": "x",
}
"""What the secrets hold; the chart knows their names only."""


def environment(container: Manifest) -> dict[str, str]:
    """Give the environment that a container starts with."""
    return {one["name"]: one.get("value") or A_VALUE[one["name"]] for one in container["env"]}


@every_kind_of_values
def test_the_program_takes_the_settings_of_every_container(
    values: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = [
        start_settings(environment(container), monkeypatch)
        for container in containers(render(values))
    ]

    assert all(settings.log_format == "json" for settings in started)


@pytest.mark.parametrize(
    "component",
    [
        "api",
        "worker",
        "migration",
    ],
)
def test_the_program_has_the_commands(component: str) -> None:
    (container,) = (one for one in everything() if one["name"] == component)

    assert is_a_command(container["args"])


@every_kind_of_values
def test_no_variable_is_set_twice_or_to_nothing(values: str) -> None:
    sets = [container["env"] for container in containers(render(values))]

    assert all(len(one) == len({variable["name"] for variable in one}) for one in sets)
    assert all(variable.get("value") != "" for one in sets for variable in one)


@every_kind_of_values
def test_secrets_are_named_and_never_held(values: str) -> None:
    manifests = render(values)

    variables = [variable for container in containers(manifests) for variable in container["env"]]

    assert of_kind("Secret", manifests) == []
    assert {one["name"] for one in variables if "valueFrom" in one} <= SECRETS
    assert {one["name"] for one in variables if "value" in one}.isdisjoint(SECRETS)


def test_what_answers_requests_cannot_change_tables() -> None:
    by_name = {container["name"]: environment(container) for container in everything()}

    assert {name for name, env in by_name.items() if "SAKARK_DATABASE_OWNER_URL" in env} == {
        "migration"
    }


def everything() -> Iterator[Manifest]:
    return containers(render("everything"))


def test_what_the_chart_sets_itself_cannot_be_a_further_setting() -> None:
    schema = (CHART / "values.schema.json").read_text()
    further = yaml.safe_load(Path(values_file("everything")).read_text())["settings"].keys()
    names = {variable["name"] for container in everything() for variable in container["env"]}

    own = (names | SECRETS) - further - {"PORT"}

    assert {name for name in own if f'"{name}"' not in schema} == set()


def test_the_schema_names_no_setting_that_is_gone() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}

    named = set(re.findall(r'"(SAKARK_[A-Z0-9_]+)"', (CHART / "values.schema.json").read_text()))

    assert named - known == set()


@every_kind_of_values
def test_pods_are_what_the_restricted_standard_allows(values: str) -> None:
    manifests = render(values)

    assert [fault for workload in workloads(manifests) for fault in faults(workload)] == []


def faults(workload: Manifest) -> Iterator[str]:
    """Say what of the Pod Security Standard `restricted`, and of our own rules, a pod breaks."""
    pod = workload["spec"]["template"]["spec"]
    security = pod["securityContext"]
    yield from broken(
        workload["metadata"]["name"],
        {
            "shares the node": not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
            "may be root": security["runAsNonRoot"] is True and security["runAsUser"] > 0,
            "has no seccomp profile": security["seccompProfile"] == {"type": "RuntimeDefault"},
            "has other volumes": [
                volume["name"] for volume in pod["volumes"] if "emptyDir" not in volume
            ]
            in ([], ["deposits"] if is_worker(workload) else []),
            "has a token": pod["automountServiceAccountToken"] is False,
            "gets the addresses of services as settings": pod["enableServiceLinks"] is False,
        },
    )
    for container in pod["containers"]:
        yield from broken(container["name"], rules(container))


def rules(container: Manifest) -> Mapping[str, bool]:
    security = container["securityContext"]
    return {
        "may gain rights": security["allowPrivilegeEscalation"] is False,
        "is privileged": "privileged" not in security,
        "writes to its root": security["readOnlyRootFilesystem"] is True,
        "keeps capabilities": security["capabilities"] == {"drop": ["ALL"]},
        "takes a port of the node": all(
            "hostPort" not in port for port in container.get("ports", ())
        ),
        "writes elsewhere than it should": {one["mountPath"] for one in container["volumeMounts"]}
        <= {"/tmp", "/deposits" if container["name"] == "worker" else "/tmp"},
    }


def broken(name: str, kept: Mapping[str, bool]) -> Iterator[str]:
    return (f"{name} {rule}" for rule, holds in kept.items() if not holds)


def test_a_pod_that_is_not_safe_is_found() -> None:
    deployment = of_kind("Deployment", render("required"))[0]
    template = deployment["spec"]["template"]
    pod = template["spec"]
    careless = {**pod, "securityContext": {**pod["securityContext"], "runAsNonRoot": False}}

    found = list(faults({**deployment, "spec": {"template": {**template, "spec": careless}}}))

    assert found == ["prod-sakark may be root"]


@pytest.mark.parametrize(
    ("component", "probes"),
    [
        (
            "api",
            {
                "startupProbe": ("/health/live", "http"),
                "readinessProbe": ("/health/ready", "http"),
                "livenessProbe": ("/health/live", "http"),
            },
        ),
        (
            "worker",
            {"startupProbe": ("/metrics", "metrics"), "livenessProbe": ("/metrics", "metrics")},
        ),
        ("migration", {}),
    ],
)
def test_probes_ask_the_health_addresses(
    component: str, probes: Mapping[str, tuple[str, str]]
) -> None:
    (container,) = (one for one in everything() if one["name"] == component)

    asked = {
        name: (probe["httpGet"]["path"], probe["httpGet"]["port"])
        for name, probe in container.items()
        if name.endswith("Probe")
    }

    assert asked == probes


def test_the_metrics_port_is_the_one_that_is_set() -> None:
    ports = {
        container["name"]: {port["name"]: port["containerPort"] for port in container["ports"]}
        for container in everything()
        if "ports" in container
    }

    assert ports == {"api": {"http": 8000, "metrics": 9500}, "worker": {"metrics": 9500}}
    assert {environment(one).get("SAKARK_METRICS_PORT") for one in everything()} == {"9500", None}


@every_kind_of_values
def test_a_pod_lives_longer_than_what_it_has_to_end(values: str) -> None:
    for_api = of_kind("Deployment", render(values))[0]["spec"]["template"]["spec"]
    container = for_api["containers"][0]

    drain = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    shutdown = int(environment(container)["SAKARK_SHUTDOWN_SECONDS"])

    assert for_api["terminationGracePeriodSeconds"] > drain + shutdown


def test_a_worker_may_end_its_job() -> None:
    (worker,) = (one for one in of_kind("Deployment", render("everything")) if is_worker(one))
    pod = worker["spec"]["template"]["spec"]

    assert environment(pod["containers"][0])["SAKARK_SHUTDOWN_SECONDS"] == "300"
    assert pod["terminationGracePeriodSeconds"] == 310


def test_a_worker_makes_deposits_on_the_volume_that_outlives_it() -> None:
    (worker,) = (one for one in of_kind("Deployment", render("everything")) if is_worker(one))
    pod = worker["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    folders = [environment(container)[name] for name in ("SAKARK_EXPORT_DIR", "SAKARK_SCHEMAS_DIR")]

    claims = {
        one["name"]: one["persistentVolumeClaim"]["claimName"]
        for one in pod["volumes"]
        if "persistentVolumeClaim" in one
    }
    mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}

    assert {mounted[str(Path(folder).parent)] for folder in folders} == claims.keys()
    assert claims == {"deposits": "sakark-uttrekk"}


def is_worker(workload: Manifest) -> bool:
    return pod_labels(workload)["app.kubernetes.io/component"] == "worker"


def test_no_pod_is_taken_away_before_its_successor_is_ready() -> None:
    (api, _) = of_kind("Deployment", render("required"))

    assert api["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@every_kind_of_values
def test_deployments_select_their_own_pods_only(values: str) -> None:
    manifests = render(values)

    selections = {
        one["metadata"]["name"]: selected(one["spec"]["selector"]["matchLabels"], manifests)
        for one in of_kind("Deployment", manifests)
    }

    assert selections == {name: {name} for name in selections}


SELECTIONS = [
    ("Service", "prod-sakark", {"prod-sakark"}),
    ("Service", "prod-sakark-api-metrics", {"prod-sakark"}),
    ("Service", "prod-sakark-worker-metrics", {"prod-sakark-worker"}),
    ("PodDisruptionBudget", "prod-sakark", {"prod-sakark"}),
    (
        "NetworkPolicy",
        "prod-sakark",
        {"prod-sakark", "prod-sakark-worker", "prod-sakark-migration"},
    ),
    ("NetworkPolicy", "prod-sakark-api", {"prod-sakark"}),
    ("NetworkPolicy", "prod-sakark-worker", {"prod-sakark-worker"}),
    ("NetworkPolicy", "prod-sakark-migration", {"prod-sakark-migration"}),
]


@pytest.mark.parametrize(("kind", "name", "chosen"), SELECTIONS)
def test_selectors_choose_the_pods_they_are_for(kind: str, name: str, chosen: set[str]) -> None:
    wanted = labels_wanted(named(kind, name)["spec"])

    assert selected(wanted, render("everything")) == chosen


def named(kind: str, name: str, values: str = "everything") -> Manifest:
    return {one["metadata"]["name"]: one for one in of_kind(kind, render(values))}[name]


@every_kind_of_values
def test_every_port_that_is_meant_by_name_is_there(values: str) -> None:
    manifests = render(values)

    meant = {
        (name, port)
        for one in [*of_kind("Service", manifests), *of_kind("NetworkPolicy", manifests)]
        for port in named_ports(one["spec"])
        for name in selected(labels_wanted(one["spec"]), manifests)
    }

    assert meant - opened_ports(manifests) == set()
    assert len(meant) >= 2


def named_ports(spec: Manifest) -> Iterator[str]:
    """Name the ports of pods that a service sends to, or that a policy lets somebody reach."""
    yield from (port["targetPort"] for port in spec.get("ports", ()))
    yield from (port["port"] for rule in spec.get("ingress", ()) for port in rule["ports"])


def labels_wanted(spec: Manifest) -> Mapping[str, str]:
    selector: Mapping[str, Any] = spec.get("podSelector", spec.get("selector"))
    labels: Mapping[str, str] = selector.get("matchLabels", selector)
    return labels


def opened_ports(manifests: tuple[Manifest, ...]) -> set[tuple[str, str]]:
    return {
        (workload["metadata"]["name"], port["name"])
        for workload in workloads(manifests)
        for container in workload["spec"]["template"]["spec"]["containers"]
        for port in container.get("ports", ())
    }


def test_the_scaler_moves_the_deployment_that_leaves_its_number_open() -> None:
    (scaler,) = of_kind("HorizontalPodAutoscaler", render("everything"))
    target = scaler["spec"]["scaleTargetRef"]

    deployment = named(target["kind"], target["name"])

    assert deployment["apiVersion"] == target["apiVersion"]
    assert "replicas" not in deployment["spec"]
    assert named("Deployment", "prod-sakark", "required")["spec"]["replicas"] == 2


def test_the_ingress_leads_to_the_service_with_tls() -> None:
    (ingress,) = of_kind("Ingress", render("everything"))
    (rule,) = ingress["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]

    ports = named("Service", backend["name"])["spec"]["ports"]

    assert [port["name"] for port in ports] == [backend["port"]["name"]] == ["http"]
    assert ingress["spec"]["tls"] == [{"hosts": [rule["host"]], "secretName": "arkiv-tls"}]


def test_prometheus_finds_both_services_and_only_their_metrics() -> None:
    (monitor,) = of_kind("ServiceMonitor", render("everything"))
    wanted = monitor["spec"]["selector"]["matchLabels"].items()

    found = {
        one["metadata"]["name"]: [port["name"] for port in one["spec"]["ports"]]
        for one in of_kind("Service", render("everything"))
        if wanted <= one["metadata"]["labels"].items()
    }

    assert found == {
        "prod-sakark-api-metrics": ["metrics"],
        "prod-sakark-worker-metrics": ["metrics"],
    }
    assert monitor["spec"]["endpoints"][0]["port"] == "metrics"
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


NGINX = "ingress-nginx"
MONITORING = "monitoring"


@pytest.mark.parametrize(
    ("policy", "let_in"),
    [
        ("prod-sakark", []),
        ("prod-sakark-api", [(NGINX, "http"), (MONITORING, "metrics")]),
        ("prod-sakark-worker", [(MONITORING, "metrics")]),
        ("prod-sakark-migration", []),
    ],
)
def test_requests_and_metrics_are_let_in_and_nothing_else(
    policy: str, let_in: list[tuple[str, str]]
) -> None:
    spec = named("NetworkPolicy", policy, "required")["spec"]

    allowed = [
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for rule in spec.get("ingress", [])
        for peer in rule["from"]
        for port in rule["ports"]
    ]

    assert allowed == let_in
    assert spec["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize(
    ("policy", "let_out"),
    [
        ("prod-sakark", []),
        ("prod-sakark-api", [53, 53, 5432, 443, 443, 4318]),
        ("prod-sakark-worker", [53, 53, 5432, 443, 443, 4318]),
        ("prod-sakark-migration", [53, 53, 5432]),
    ],
)
def test_pods_reach_only_the_servers_they_need(policy: str, let_out: list[int]) -> None:
    rules: list[Any] = named("NetworkPolicy", policy)["spec"].get("egress", [])

    assert [port["port"] for rule in rules for port in rule["ports"]] == let_out
    assert all(rule["to"] for rule in rules)


def test_the_migration_needs_nothing_that_is_not_there_yet() -> None:
    manifests = render("everything")
    hooks = [one for one in manifests if "helm.sh/hook" in one["metadata"].get("annotations", {})]
    order = sorted(
        hooks, key=lambda one: int(one["metadata"]["annotations"]["helm.sh/hook-weight"])
    )

    (job,) = of_kind("Job", manifests)

    assert [one["kind"] for one in order] == ["NetworkPolicy", "Job"]
    assert {one["metadata"]["annotations"]["helm.sh/hook"] for one in hooks} == {
        "pre-install,pre-upgrade"
    }
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]


def test_what_is_off_is_not_made() -> None:
    kinds = [one["kind"] for one in render("minimal")]

    assert sorted(kinds) == ["Deployment", "Service", "Service"]


def test_a_digest_decides_over_the_tag() -> None:
    images = {container["name"]: container["image"] for container in everything()}

    ours = "registry.example.no:5000/arkiv/sakark-"
    assert images == {
        "api": f"{ours}api@sha256:" + "a" * 64,
        "worker": f"{ours}worker@sha256:" + "b" * 64,
        "migration": f"{ours}api@sha256:" + "a" * 64,
    }


def test_a_release_named_like_the_chart_is_not_named_twice() -> None:
    names = {one["metadata"]["name"] for one in render("required", release="sakark")}

    assert "sakark" in names
    assert not any("sakark-sakark" in name for name in names)
