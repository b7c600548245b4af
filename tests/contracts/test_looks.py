"""notify-svc looks at the real billing-svc: what is owed, of an unknown account nothing at all; and a statement."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.outbound import Outbound, ServiceToken
from dunlin_kit.testing import Running, running, tell
from notify_svc.gateways.billing_looks import look_at_accounts, statement_document
from notify_svc.settings import SCOPES


class Granted(ServiceToken):
    """A token of the service itself, given without asking an issuer."""

    def __init__(self, billing: Running) -> None:
        super().__init__(billing.client, url="", client_id="", client_secret="", scopes="", clock=SystemClock())
        self._billing = billing

    async def get(self) -> str:
        return self._billing.issuer.token(*SCOPES.split(), subject="notify-svc")


async def _issued(billing: Running, tenant: UUID) -> tuple[UUID, dict[str, Any]]:
    who = new_id()
    await tell(billing.database, customer, tenant, CustomerRegistered.model_validate(
        dict(CustomerRegistered.examples[0]) | {"customer_id": who, "status": "active"}))
    line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    answer = await billing.client.post(
        "/billing/v1/invoices", headers=billing.headers(tenant, "invoices:write"),
        json={"customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True, "due_on": "2026-02-04"})
    assert answer.status_code == 201, answer.text
    return who, answer.json()["items"][0]


async def test_the_look_finds_what_is_owed_and_takes_no_unknown_account_for_a_settled_one(
    postgres: str, tmp_path: Path,
) -> None:
    async with running(postgres, "billing", tmp_path) as billing:
        tenant = await billing.tenant(at=datetime(2026, 1, 5, 2, tzinfo=UTC))
        who, item = await _issued(billing, tenant)
        outbound = Outbound(billing.client, "http://test", Granted(billing))
        stranger = new_id()
        looks = await look_at_accounts(outbound, tenant, [stranger, who])
        assert list(looks) == [who], "an unknown account is no settled one"
        [found] = looks[who].items
        assert (str(found.id), found.due_on, found.open) == (item["id"], date(2026, 2, 4), Money(1000, "CNY"))
        parts = [{"due_on": day, "amount": {"amount": amount, "currency": "CNY"}}
                 for day, amount in (("2026-03-10", "4.00"), ("2026-04-10", "6.00"))]
        agreed = await billing.client.post(
            "/billing/v1/arrangements", json={"item_ids": [item["id"]], "parts": parts},
            headers=billing.headers(tenant, "items:write"))
        assert agreed.status_code == 201, agreed.text
        arranged = (await look_at_accounts(outbound, tenant, [who]))[who].items[0]
        assert [(part.due_on, part.amount.minor) for part in arranged.parts] == [
            (date(2026, 3, 10), 400), (date(2026, 4, 10), 600)]
        assert arranged.asked(date(2026, 3, 12)) == Money(400, "CNY")
        stated = await billing.client.post(
            "/billing/v1/statements", headers=billing.headers(tenant, "items:write"),
            json={"customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"})
        paper = await statement_document(outbound, tenant, UUID(stated.json()["id"]))
        assert paper is not None and paper.startswith(b"%PDF-")
        assert await statement_document(outbound, tenant, new_id()) is None
