"""The chart, as helm renders it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

CHART = Path(__file__).parents[2] / "helm"
VALUES = Path(__file__).parent / "values"
KINDS_OF_VALUES = sorted(path.stem for path in VALUES.glob("*.yaml"))

OLDEST = yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"][2:8]
"""The oldest Kubernetes that the chart claims."""
NEWEST = kubernetes_validate.latest_version()

Manifest = Mapping[str, Any]


def helm() -> str | None:
    """Find helm: the one that the lock pins or, where it has none, the system's."""
    pinned = Path(sys.executable).parent / "helm"
    return str(pinned) if pinned.exists() else shutil.which("helm")


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [helm() or "helm", *arguments], check=False, capture_output=True, text=True
    )


@cache
def render(values: str, kubernetes: str = OLDEST, release: str = "prod") -> tuple[Manifest, ...]:
    """Give the manifests for one of the files of values."""
    done = run_helm(
        "template", release, str(CHART), "-f", values_file(values), "--kube-version", kubernetes
    )
    assert done.returncode == 0, done.stderr
    return tuple(filter(None, yaml.safe_load_all(done.stdout)))


def values_file(values: str) -> str:
    return str(VALUES / f"{values}.yaml")


def of_kind(kind: str, manifests: tuple[Manifest, ...]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def workloads(manifests: tuple[Manifest, ...]) -> list[Manifest]:
    """Give what makes pods."""
    return [manifest for manifest in manifests if "template" in manifest.get("spec", {})]


def pod_labels(workload: Manifest) -> Mapping[str, str]:
    labels: Mapping[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


def containers(manifests: tuple[Manifest, ...]) -> Iterator[Manifest]:
    for workload in workloads(manifests):
        yield from workload["spec"]["template"]["spec"]["containers"]


def selected(selector: Mapping[str, str], manifests: tuple[Manifest, ...]) -> set[str]:
    """Name the workloads whose pods have these labels."""
    return {
        workload["metadata"]["name"]
        for workload in workloads(manifests)
        if selector.items() <= pod_labels(workload).items()
    }
