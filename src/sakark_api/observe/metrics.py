"""Figures for Prometheus: how many, how long, how full. Labels come from short closed lists.

With several processes each writes its own into files of one folder, which is named by
`PROMETHEUS_MULTIPROC_DIR` before this module is loaded; whoever gives the figures adds them up.
"""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = [
    "DATABASE_CONNECTIONS",
    "IN_PROGRESS",
    "JOBS",
    "QUEUE",
    "QUEUE_SECONDS",
    "REQUESTS",
    "REQUEST_SECONDS",
    "STORAGE_BYTES",
    "STORAGE_SECONDS",
    "TOKENS",
    "UNAVAILABLE",
    "figures",
]

REQUESTS = Counter(
    "sakark_requests",
    "Requests answered, by route template; kommune is where the kommune is in its life.",
    ("method", "route", "status", "kommune"),
)
REQUEST_SECONDS = Histogram(
    "sakark_request_seconds",
    "Time from a request's first byte to its answer's last, by route template.",
    ("method", "route"),
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
IN_PROGRESS = Gauge(
    "sakark_requests_in_progress", "Requests under way.", multiprocess_mode="livesum"
)
DATABASE_CONNECTIONS = Gauge(
    "sakark_database_connections",
    "Connections of the pools: used, idle, and the most there may be.",
    ("pool", "state"),
    multiprocess_mode="livesum",
)
UNAVAILABLE = Counter(
    "sakark_unavailable", "Requests answered with 503, by the peer that was away.", ("peer",)
)
STORAGE_SECONDS = Histogram(
    "sakark_storage_seconds",
    "Time an operation on the document storage took.",
    ("operation",),
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 300),
)
STORAGE_BYTES = Counter("sakark_storage_bytes", "Bytes of documents, in and out.", ("direction",))
TOKENS = Counter(
    "sakark_tokens", "Tokens: verified, remembered from before, or refused.", ("outcome",)
)
QUEUE = Gauge("sakark_queue_jobs", "Jobs in the queue, by state.", ("state",))
QUEUE_SECONDS = Gauge(
    "sakark_queue_oldest_seconds", "For how long the job due first has waited to be begun."
)
JOBS = Counter("sakark_jobs", "Background jobs that have ended.", ("job", "outcome"))


def figures(folder: str | None) -> CollectorRegistry:
    """Give what is to be shown: this process's figures, or those of all that write in `folder`."""
    if folder is None:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # untyped there
    return registry
