"""How an answer and the lines of the log name the request that they belong to, also where it breaks."""

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from dunlin_kit import problems, telemetry
from dunlin_kit.telemetry import Telemetry, log


async def break_down() -> None:
    log.info("on its way")
    raise RuntimeError


@pytest.mark.parametrize("given", [None, "order-42"])
async def test_a_request_that_breaks_is_found_in_the_log_by_the_ids_of_its_answer(given: str | None) -> None:
    app = FastAPI()
    problems.install(app)
    app.add_api_route("/", break_down)
    app.add_middleware(Telemetry, service="toy")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with capture_logs([telemetry._correlated]) as lines:
        async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
            answer = await client.get("/", headers={} if given is None else {"X-Correlation-Id": given})
    request, correlation = answer.headers["x-request-id"], answer.headers["x-correlation-id"]
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert correlation == (given or request)
    assert [(one["event"], one["request_id"], one["correlation_id"]) for one in lines] == [
        (said, request, correlation) for said in ("on its way", "request failed", "unexpected error")]
