"""What is said about a request while it runs: correlation, structured logs without personal data, metrics."""

import logging
import re
import sys
from contextvars import ContextVar
from functools import cache
from time import perf_counter
from typing import Any

import structlog
from prometheus_client import Counter, Histogram, start_http_server
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dunlin_events.outbox import Trace
from dunlin_kernel.ids import new_id

REQUESTS = Histogram(
    "dunlin_request_seconds",
    "Seconds a request took, by service, method, route and status.",
    ("service", "method", "route", "status"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
FAILURES = Counter("dunlin_request_failures_total", "Requests answered 5xx.", ("service",))
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_request: ContextVar[str | None] = ContextVar("request", default=None)

log = structlog.get_logger("dunlin")


@cache
def _seconds_of(service: str, method: str, route: str, status: int) -> Any:
    """A series; there are as many as there are operations and answers."""
    return REQUESTS.labels(service, method, route, str(status))


def current_trace() -> Trace:
    """The trace of the request or event being worked on; a new one where nothing began it."""
    return _trace.get() or Trace(correlation_id=str(new_id()), causation_id=None, traceparent=None)


def set_trace(trace: Trace) -> None:
    _trace.set(trace)


def _correlated(_: Any, __: str, said: Any) -> Any:
    """Every line says what it belongs to; it is asked for when something is said, not at each request."""
    trace, request = _trace.get(), _request.get()
    told = {} if trace is None else {"correlation_id": trace.correlation_id}
    return told | ({} if request is None else {"request_id": request}) | said


def ids_of_answer() -> dict[str, str]:
    """Headers by which an answer names its request, in the request that is being worked on."""
    trace, request = _trace.get(), _request.get()
    if trace is None or request is None:
        return {}
    return {"X-Request-Id": request, "X-Correlation-Id": trace.correlation_id}


def configure_logging(level: str) -> None:
    """One JSON object a line on standard output; libraries' records pass through the same form."""
    shared: list[Any] = [
        _correlated,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for quiet in ("uvicorn.access", "aiokafka", "alembic", "httpx", "mail.log"):  # the last names recipients
        logging.getLogger(quiet).setLevel(logging.WARNING)


def serve_metrics(port: int) -> None:
    """Answer /metrics on a port of its own; 0 switches it off."""
    if port:
        start_http_server(port)


class Telemetry:
    """Pure ASGI middleware: takes or makes the correlation id, answers with it, times the request."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app = app
        self.service = service
        FAILURES.labels(service)  # at zero: from no value to one is no increase

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-correlation-id", b"").decode(errors="replace")
        parent = headers.get(b"traceparent", b"").decode(errors="replace")
        request_id = str(new_id())
        trace = Trace(
            correlation_id=given if _CORRELATION.fullmatch(given) else request_id,
            causation_id=request_id,
            traceparent=parent if _TRACEPARENT.fullmatch(parent) else None,
        )
        set_trace(trace)
        _request.set(request_id)
        status, started = 500, perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-correlation-id", trace.correlation_id.encode()),
                ]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            _seconds_of(self.service, scope["method"], route, status).observe(perf_counter() - started)
            if status >= 500:
                FAILURES.labels(self.service).inc()
                log.error("request failed", service=self.service, method=scope["method"], route=route, status=status)
