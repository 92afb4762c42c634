"""Traces, when a collector is set: a span for each request, and below it those of our peers.

Statements are recorded as they are written, with their parameters left out; addresses of requests
are not recorded, only the template of the route.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Self

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id
from starlette.types import Scope

from sakark_api.observe.told import Told

__all__ = ["Tracing"]

SERVER_ERROR = 500
EXPORT_SECONDS = 5
PARENT = "traceparent"


class Tracing:
    """Sends a part of the requests' traces to a collector, for as long as the process lives."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("sakark_api")

    @classmethod
    def open(cls, endpoint: str, ratio: float) -> Self:
        """Begin to trace `ratio` of the requests, over HTTP to the collector at `endpoint`."""
        sampled = TraceIdRatioBased(ratio)
        provider = TracerProvider(
            resource=Resource.create(
                {"service.name": "sakark", "service.version": version("sakark-api")}
            ),
            # A client may ask not to be traced, and no client decides how many are.
            sampler=ParentBased(sampled, remote_parent_sampled=sampled),
            span_limits=SpanLimits(max_events=0),  # they hold the texts of errors
        )
        exporter = Exporter(f"{endpoint}/v1/traces", timeout=EXPORT_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        for peer in (AsyncPGInstrumentor, HTTPXClientInstrumentor, BotocoreInstrumentor):
            peer().instrument(tracer_provider=provider)
        return cls(provider)

    def close(self) -> None:
        """Send what is left, and let the libraries be as they were."""
        for peer in (AsyncPGInstrumentor, HTTPXClientInstrumentor, BotocoreInstrumentor):
            peer().uninstrument()
        self._provider.shutdown()

    @contextmanager
    def request(self, scope: Scope) -> Iterator["RequestSpan"]:
        """Open the span of a request, below the client's own where it sends one along."""
        # Not `tracestate`, which may say anything and would be sent on.
        given = dict(scope["headers"]).get(PARENT.encode(), b"").decode("latin-1")
        with self._tracer.start_as_current_span(
            scope["method"],
            context=propagate.extract({PARENT: given}),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield RequestSpan(span, scope["method"])


class Exporter(OTLPSpanExporter):
    """Sends spans without the texts of errors, which the libraries put into their status."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            span._status = Status(span.status.status_code)  # noqa: SLF001  there is no other way
        return super().export(spans)


class RequestSpan:
    """The span of one request, given its name and facts when it has been answered."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method

    def answered(self, route: str, status: int, current: Told) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes(
            {
                "http.request.method": self._method,
                "http.route": route,
                "http.response.status_code": status,
                "sakark.request_id": current.request_id,
                **({"sakark.kommune": current.kommune} if current.kommune else {}),
            }
        )
        if status >= SERVER_ERROR:
            self._span.set_status(Status(StatusCode.ERROR))
        context = self._span.get_span_context()
        if context.trace_flags.sampled:
            current.trace_id = format_trace_id(context.trace_id)
