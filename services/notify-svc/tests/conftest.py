"""The dunning desk of a tenant: its database, its jobs, a recorder of mails, and neighbours that answer over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoiceIssued, InvoiceVoided
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.clock import Clock, SystemClock, date_in, start_of_day
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.health import integrity_of
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import DatabaseUrls, Running, TestIssuer, migrated, running, settings_for, tell
from notify_svc.consumers.billing import billing
from notify_svc.consumers.customer import customer
from notify_svc.gateways.recorder import Recorder
from notify_svc.jobs import judge_promises, plan_customer, plan_items, review_cases, run_ladder, switch_on_items
from notify_svc.jobs.remind_customers import KIND, RemindCustomers
from notify_svc.jobs.send_notices import SendNotices
from notify_svc.settings import Settings
from notify_svc.store.integrity import CHECKS
from notify_svc.worker import noticing, reminding

ELSEWHERE = {
    "smtp_url": "recorder:", "billing_url": "http://billing.test", "customer_url": "http://customer.test",
    "token_url": "http://issuer.test/oauth/token", "client_id": "notify-svc", "client_secret": "said",
}
ZONE = "Asia/Shanghai"


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@dataclass
class Neighbours:
    """Issuer, billing-svc and customer-svc as far as notify-svc looks at them, with what they will answer."""

    items: dict[UUID, dict[UUID, dict[str, Any]]] = field(default_factory=dict)
    unapplied: list[dict[str, str]] = field(default_factory=list)
    contact: dict[str, Any] | None = field(default_factory=lambda: {
        "contact_name": "王会计", "language": "zh", "email": "ap@heron.example"})
    status: str = "active"
    zone: str = ZONE
    broken: str | None = None
    unknown: set[str] = field(default_factory=set)
    acting: dict[str, Any] | None = None
    staff: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    document: bytes | None = b"%PDF-1.7"
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def owe(
        self, customer_id: UUID, item_id: UUID, due_on: date, amount: str, *, disputed: str = "0.00",
        parts: tuple[tuple[date, str], ...] = (),
    ) -> None:
        """What billing-svc says is open now; nothing takes the item off its list."""
        own = self.items.setdefault(customer_id, {})
        own.pop(item_id, None)
        if amount != "0.00":
            own[item_id] = {"id": str(item_id), "due_on": due_on.isoformat(), "open": cny(amount),
                            "disputed": cny(disputed),
                            "parts": [{"due_on": day.isoformat(), "amount": cny(part)} for day, part in parts]}

    def client(self) -> httpx.AsyncClient:
        app = Starlette(routes=[
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/billing/v1/items:owing", self._owing),
            Route("/billing/v1/statements/{statement_id}/document", self._document),
            Route("/customer/v1/customers/{customer_id}/owner", self._owner),
            Route("/customer/v1/staff/{staff_id}", self._staff),
            Route("/customer/v1/customers:addressing", self._addressing)])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app))

    async def _token(self, request: Request) -> JSONResponse:
        form = parse_qs((await request.body()).decode())
        assert form["grant_type"] == ["client_credentials"]
        return JSONResponse({"access_token": "a token", "expires_in": 3600})

    async def _owing(self, request: Request) -> JSONResponse:
        """One customer at a time: whoever is left out is asked for again."""
        if (failed := self._seen(request)) is not None:
            return failed
        asked = request.query_params.getlist("customer_id")[0]
        own = [{"pending": cny("0.00"), **item} for item in self.items.get(UUID(asked), {}).values()]
        return JSONResponse({"data": [
            {"customer_id": asked, "known": asked not in self.unknown, "items": own, "unapplied": self.unapplied}]})

    async def _document(self, request: Request) -> Response:
        if (failed := self._seen(request)) is not None:
            return failed
        too_large = self.document is None
        return JSONResponse({}, 422) if too_large else Response(self.document, media_type="application/pdf")

    async def _owner(self, request: Request) -> JSONResponse:
        if (failed := self._seen(request)) is not None:
            return failed
        return JSONResponse({"owner": None, "acting": self.acting, "on": "2026-02-01"})

    async def _staff(self, request: Request) -> JSONResponse:
        if (failed := self._seen(request)) is not None:
            return failed
        return JSONResponse(self.staff.get(UUID(request.path_params["staff_id"]), {}))

    async def _addressing(self, request: Request) -> JSONResponse:
        if (failed := self._seen(request)) is not None:
            return failed
        assert request.query_params["purpose"] in ("dunning", "billing")
        nobody = {"contact_name": None, "language": None, "email": None}
        return JSONResponse({"data": [
            {"customer_id": one, "number": "C-000001", "name": "Heron", "status": self.status, "zone": self.zone,
             **(self.contact or nobody)} for one in request.query_params.getlist("customer_id")]})

    def _seen(self, request: Request) -> JSONResponse | None:
        assert request.headers["authorization"] == "Bearer a token"
        self.asked.append((request.url.path, request.headers.get("dunlin-tenant")))
        return JSONResponse({}, 503) if self.broken and self.broken in request.url.path else None


@dataclass
class Desk:
    """One sandbox tenant with one customer, moved day by day."""

    urls: DatabaseUrls
    database: Database
    ops: Database
    remind: RemindCustomers
    notices: SendNotices
    neighbours: Neighbours
    tenant: UUID
    customer: UUID
    heard: int = 0
    items: dict[str, tuple[UUID, UUID, date]] = field(default_factory=dict)

    @property
    def recorder(self) -> Recorder:
        assert isinstance(self.remind.sender, Recorder)
        return self.remind.sender

    async def hear(self, *facts: Event) -> None:
        """Facts of billing-svc in this customer's stream."""
        [row] = await self.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", self.tenant)
        await tell(self.database, billing, self.tenant, *facts, first=self.heard + 1, at=row["clock_at"])
        self.heard += len(facts)

    async def employ(self, code: str, *, deputy: UUID | None = None, away: Any = (), first: int = 2) -> UUID:
        """A member of staff who may work on cases, and can be written to; the `first`-th fact of the tenant."""
        told = StaffConfigured(staff_id=new_id(), code=code, deputy_id=deputy, active=True, absences=list(away))
        await tell(self.database, customer, self.tenant, told, first=first)
        self.neighbours.staff[told.staff_id] = {
            "name": code, "language": "en", "email": f"{code.lower()}@dunlin.example", "active": True}
        return told.staff_id

    async def issue(self, number: str, amount: str, *, issued: date, due: date, origin: str = "live") -> UUID:
        item_id, invoice_id = new_id(), new_id()
        self.items[number] = (item_id, invoice_id, due)
        self.neighbours.owe(self.customer, item_id, due, amount)
        await self.hear(InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
            "customer_id": self.customer, "origin": origin, "invoice_id": invoice_id, "number": number,
            "issued_on": issued, "items": [{"item_id": item_id, "due_on": due, "amount": cny(amount)}]}))
        return item_id

    async def allocate(
        self, number: str, left: str, *, known: bool = True, reversed_: bool = False, paid: str = "1.00",
        on: date = date(2026, 3, 1),
    ) -> None:
        """Money, or its return: billing-svc answers by it at once, and the fact is heard unless `known` is off."""
        item_id, invoice_id, due = self.items[number]
        self.neighbours.owe(self.customer, item_id, due, left)
        kind: type[CreditAllocated | AllocationReversed] = AllocationReversed if reversed_ else CreditAllocated
        if known:
            await self.hear(kind.model_validate(kind.examples[0] | {
                "customer_id": self.customer, "invoice_id": invoice_id, "item_id": item_id, "due_on": due,
                "open_after": cny(left), "amount": cny(paid), **({} if reversed_ else {"business_on": on})}))

    async def void(self, number: str) -> None:
        """The invoice is cancelled: nothing of it is owed any more."""
        item_id, invoice_id, due = self.items[number]
        self.neighbours.owe(self.customer, item_id, due, "0.00")
        await self.hear(InvoiceVoided.model_validate(InvoiceVoided.examples[0] | {
            "customer_id": self.customer, "invoice_id": invoice_id, "number": number,
            "items": [{"item_id": item_id, "amount": cny("4520.00")}]}))

    async def move_to(self, moment: datetime) -> None:
        async with self._admin() as connection:
            await connection.execute(
                "UPDATE tenant SET clock_at = $2 WHERE tenant_id = $1", self.tenant, moment)

    async def work(self) -> None:
        """Do every job that is due."""
        runner = JobRunner(service="notify", ops=self.ops, app=self.database, handlers={
            run_ladder.KIND: run_ladder.run, KIND: self.remind.run, plan_items.KIND: plan_items.run,
            switch_on_items.KIND: switch_on_items.run, judge_promises.KIND: judge_promises.run,
            plan_customer.KIND: plan_customer.run, review_cases.KIND: review_cases.run, **self.notices.handlers()})
        while await runner.run_one():
            pass

    async def turn_to(self, day: date) -> None:
        """Midnight comes in the tenant's zone, day by day until this one begins; what fell due before it is done."""
        [row] = await self.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", self.tenant)
        stands = date_in(ZONE, row["clock_at"])
        while stands < day:
            stands += timedelta(days=1)
            await self.move_to(start_of_day(ZONE, stands))
            await self.work()

    async def try_again(self) -> None:
        """What failed need not wait."""
        async with self._admin() as connection:
            await connection.execute("UPDATE job SET retry_at = NULL WHERE state = 'waiting'")
        await self.work()

    async def facts(self, *names: str) -> list[dict[str, Any]]:
        """What was told, in order; all facts when none is named."""
        rows = await self.rows(
            "SELECT type, payload FROM outbox_event WHERE stream LIKE $1 ORDER BY id", f"{self.tenant}:%")
        told = [{"fact": row["type"].split(".")[2], **json.loads(row["payload"])} for row in rows]
        return [fact for fact in told if not names or fact["fact"] in names]

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self._admin() as connection:
            return [dict(row) for row in await connection.fetch(query, *values)]

    async def sent(self) -> list[tuple[str, dict[str, tuple[int, str]]]]:
        """What left, as it was told: (day, {number: (level, amount)}); the mails that left are as many."""
        told = await self.facts("ReminderSent")
        assert len(told) == len(self.recorder.mails)
        return [
            (fact["reminded_on"][5:], {
                item["number"]: (item["level"], item["amount"]["amount"]) for item in fact["items"]}) for fact in told
        ]

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.urls.owner)
        try:
            yield connection
        finally:
            await connection.close()


async def open_desk(
    urls: DatabaseUrls, folder: Path, *, at: datetime, clock: Clock, owing: Neighbours,
) -> AsyncIterator[Desk]:
    settings = settings_for("notify", urls, TestIssuer(folder), **ELSEWHERE)
    assert isinstance(settings, Settings)
    database = Database(urls.app, source="/dunlin/notify", clock=clock)
    ops = Database(urls.ops, source="/dunlin/notify", clock=clock, pool_size=2)
    async with owing.client() as client:
        remind, notices = reminding(settings, client, clock), noticing(settings, client, clock)
        desk = Desk(urls, database, ops, remind, notices, owing, new_id(), new_id())
        await tell(database, customer, desk.tenant, TenantConfigured(
            name="Dunlin Demo", currency="CNY", zone=ZONE, sandbox=True, clock_at=at))
        yield desk
        found = await database.read(desk.tenant, partial(integrity_of, checks=CHECKS))
        assert found.holds, [check for check in found.checks if not check.holds]
    await database.close()
    await ops.close()


@pytest.fixture
async def desk(postgres: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A sandbox at 2026-01-05 10:00 in Shanghai, with the machine's real clock and a recorder."""
    async with migrated(postgres, "notify") as urls:
        opened = open_desk(
            urls, tmp_path, at=datetime(2026, 1, 5, 2, tzinfo=UTC), clock=SystemClock(), owing=Neighbours())
        async for one in opened:
            yield one


@pytest.fixture(scope="session")
async def service(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The API on a database of its own."""
    async with running(postgres, "notify", tmp_path_factory.mktemp("notify"), **ELSEWHERE) as one:
        yield one


@pytest.fixture(scope="session")
def elsewhere() -> dict[str, str]:
    """Settings of notify-svc beyond those of every service."""
    return ELSEWHERE
