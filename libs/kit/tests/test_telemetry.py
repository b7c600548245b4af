"""How an answer and the lines of the log name the request that they belong to, also where it breaks."""

import httpx
import pytest
import structlog
from fastapi import FastAPI
from structlog.testing import LogCapture, ReturnLogger

from dunlin_kit import problems, telemetry
from dunlin_kit.telemetry import Telemetry


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What is said from now on, with the ids that a process puts into each line, whatever was set up before."""
    capture = LogCapture()
    log = structlog.wrap_logger(
        ReturnLogger(), [telemetry._correlated, capture], structlog.BoundLogger, cache_logger_on_first_use=False)
    for module in (telemetry, problems):
        monkeypatch.setattr(module, "log", log)
    return capture


async def break_down() -> None:
    telemetry.log.info("on its way")
    raise RuntimeError


@pytest.mark.parametrize("given", [None, "order-42"])
async def test_a_request_that_breaks_is_found_in_the_log_by_the_ids_of_its_answer(
    lines: LogCapture, given: str | None,
) -> None:
    app = FastAPI()
    problems.install(app)
    app.add_api_route("/", break_down)
    app.add_middleware(Telemetry, service="toy")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        answer = await client.get("/", headers={} if given is None else {"X-Correlation-Id": given})
    request, correlation = answer.headers["x-request-id"], answer.headers["x-correlation-id"]
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert correlation == (given or request)
    assert [(one["event"], one["request_id"], one["correlation_id"]) for one in lines.entries] == [
        (said, request, correlation) for said in ("on its way", "request failed", "unexpected error")]
