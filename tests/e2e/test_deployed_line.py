"""The line through a deployment, over HTTP only: register, issue, pay, remind; with processes killed in the middle.

`.ci/compose` runs it against docker compose. Any deployment can be named by E2E_{CUSTOMER,BILLING,CREDIT,NOTIFY}_URL,
E2E_ISSUER_URL, E2E_MAILPIT_URL, E2E_OPERATOR_SECRET and E2E_DEMONSTRATION_SECRET. E2E_CRASH is a command that takes the
name of a process, such as billing-worker, and kills it as `kill -9` would; without it nothing is killed.
"""

import asyncio
import contextlib
import email
import email.policy
import os
import shlex
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from dunlin_running import Journey
from story_words import Books

from dunlin_kernel.ids import new_id
from dunlin_local.databases import SERVICES

NAMED = [f"E2E_{service.upper()}_URL" for service in SERVICES] + [
    "E2E_ISSUER_URL", "E2E_MAILPIT_URL", "E2E_OPERATOR_SECRET", "E2E_DEMONSTRATION_SECRET"]
MISSING = [name for name in NAMED if name not in os.environ]
INVOICES = 60
CRASHES = {
    6: "billing-worker", 12: "billing-api", 18: "credit-worker", 24: "postgres", 30: "customer-worker",
    36: "credit-api", 42: "kafka", 45: "issuer", 48: "notify-worker", 51: "notify-api", 54: "customer-api",
}
AWAY = (502, 503, 504)
"""A process or what it needs is away, as it or what stands before it says. Any other 5xx is a fault."""
PATIENCE_SECONDS = 120

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"no deployment is named: {', '.join(MISSING)}"),
    pytest.mark.timeout(900),
]


class ByService(httpx.AsyncHTTPTransport):
    """Sends each request to the service that the first part of its path names."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = httpx.URL(os.environ[f"E2E_{request.url.path.split('/')[1].upper()}_URL"])
        request.url = request.url.copy_with(scheme=place.scheme, host=place.host, port=place.port)
        return await super().handle_async_request(request)


class Deployment:
    """A system that runs elsewhere: tokens from its issuer, mail from its Mailpit."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    def token(self, client_id: str, **form: str) -> str:
        answer = httpx.post(
            f"{os.environ['E2E_ISSUER_URL']}/oauth/token", data={"grant_type": "client_credentials"} | form,
            auth=(client_id, os.environ[f"E2E_{client_id.upper()}_SECRET"]))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def letters(self, to: str) -> list[EmailMessage]:
        """Every message that left for an address, the earliest first."""
        box = f"{os.environ['E2E_MAILPIT_URL']}/api/v1"
        found = httpx.get(f"{box}/search", params={"query": f"to:{to}", "limit": 200}).json()["messages"]
        raw = [httpx.get(f"{box}/message/{one['ID']}/raw").content for one in reversed(found)]
        return [email.message_from_bytes(one, policy=email.policy.default) for one in raw]


@pytest.fixture
async def deployment() -> AsyncIterator[Deployment]:
    async with httpx.AsyncClient(base_url="http://deployment", transport=ByService(), timeout=30) as client:
        yield Deployment(client)


def text_of(message: EmailMessage) -> str:
    """Its plain text."""
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


async def crash(process: str) -> None:
    """Kill a process of the deployment; it comes back by itself."""
    if command := os.environ.get("E2E_CRASH"):
        done = await asyncio.create_subprocess_exec(*shlex.split(command), process)
        assert await done.wait() == 0, f"{process} could not be killed"


async def keep_asking(journey: Journey, method: str, path: str, body: Any = None) -> Any:
    """The answer, however often it takes: every try has the same key, so that it has one effect. A 500 is a failure."""
    headers = journey.headers | {"Idempotency-Key": str(new_id())}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await journey.dunlin.client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.is_success:
                return answer.json()
            away = answer.status_code in AWAY
            assert away or answer.json().get("code") == "in_progress", (answer.status_code, answer.text)
            await asyncio.sleep(0.2)


async def token_again(deployment: Deployment) -> None:
    """The issuer gives tokens again, and by the same keys."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(httpx.TransportError):
                assert await asyncio.to_thread(deployment.token, "operator")
                return
            await asyncio.sleep(0.2)


async def invoices_with_crashes(deployment: Deployment, journey: Journey, books: Books) -> list[str]:
    """Issue many invoices while processes are killed; return their numbers."""
    line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": "100", "tax_rate": "13"}
    body = {"customer_id": str(books.id), "currency": "CNY", "lines": [line], "issue": True}
    numbers, crashing = [], []
    for number in range(INVOICES):
        if number in CRASHES:
            crashing.append(asyncio.create_task(crash(CRASHES[number])))
        made = await keep_asking(journey, "POST", "/billing/v1/invoices", body)
        numbers.append(made["number"])
    await asyncio.gather(*crashing)
    await token_again(deployment)
    for service in SERVICES:
        await keep_asking(journey, "GET", f"/{service}/v1/test-clock")
    await journey.quiet()
    return numbers


async def test_the_line_holds_while_processes_are_killed(deployment: Deployment) -> None:
    journey = await Journey.begin(deployment, "2026-03-02 10:00")
    books = await Books.open(journey, limit="20000.00")
    await books.invoice("10000")
    assert await books.credit() == ("11300.00", "8700.00")
    await books.pay("1300.00", "2026-03-02")
    assert await books.credit() == ("10000.00", "10000.00")

    others = await Books.open(journey, limit="1000000.00", contact={"language": "en"})
    numbers = await invoices_with_crashes(deployment, journey, others)
    assert numbers == [f"INV-{n:06}" for n in range(2, INVOICES + 2)], "one number each, in order, without a hole"
    assert await others.credit() == ("6780.00", "993220.00"), "each invoice was counted once"
    await journey.assert_integrity()

    await journey.advance("2026-03-28 20:00")
    assert not journey.mails(books.mail)
    await crash("notify-worker")
    await journey.advance("2026-03-29 20:00")
    assert await books.reminders() == [("2026-03-29", "INV-000001", 0, "10000.00")]
    (reminder,) = journey.mails(books.mail)
    assert "INV-000001" in text_of(reminder)
    assert "10,000.00" in text_of(reminder)
    assert len(await others.reminders()) == INVOICES
    assert len(journey.mails(others.mail)) == 1, "one message a customer"

    await books.pay("10000.00", "2026-03-29")
    assert await books.credit() == ("0.00", "20000.00")
    await journey.advance("2026-04-08 20:00")
    assert len(journey.mails(books.mail)) == 1, "what is paid is reminded of no more"
    assert len(journey.mails(others.mail)) == 2
    assert await books.aged("2026-04-08") == {"1_30": "6780.00", "net": "6780.00"}
    await journey.assert_integrity()
