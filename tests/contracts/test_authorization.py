"""Every operation, walked with every kind of token: none, without the scope, without a tenant, of another tenant."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from stranger_words import FIGURES, NEW, bodies, secret

from billing_svc.consumers.customer import customer as heard_in_billing
from credit_svc.consumers.customer import customer as heard_in_credit
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_groups import GroupConfigured
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.jobs import Job, schedule
from dunlin_kit.testing import Running, running, tell
from dunlin_kit.transaction import Transaction
from dunlin_local.databases import SERVICES
from dunlin_local.documents import committed
from notify_svc.consumers.billing import billing as billing_heard_in_notify
from notify_svc.consumers.customer import customer as heard_in_notify
from notify_svc.domain.look import AccountLook, Contact, LookedItem, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import Delivery
from notify_svc.jobs.remind_customers import RemindCustomers

ASKED = {"currency": "CNY", "purpose": "dunning", "q": "Secret", "dimension": "owner"}
VERBS = ("get", "post", "put", "patch", "delete")
WORDS = {"ladder": "standard", "language": "en", "tone": "firm"}
"""What a path names that is no id: every tenant has these."""
DOCUMENTS = committed()


class Operation(NamedTuple):
    service: str
    path: str
    verb: str
    scopes: tuple[str, ...]

    @property
    def is_operators(self) -> bool:
        return "tenants:write" in self.scopes

    @property
    def is_for_both(self) -> bool:
        """A tenant sees its own, an operator sees all."""
        return self.scopes[0].startswith("parked:")

    @property
    def names(self) -> set[str]:
        """The ids that its path names."""
        named = {part[1:].partition("}")[0] for part in self.path.split("/") if part.startswith("{")}
        return named - WORDS.keys()

    def end_of(self, said: Collection[str]) -> str:
        """The longest of these ends that its path has, or nothing."""
        return max((end for end in said if self.path.endswith(end)), key=len, default="")

    def query(self, ids: Mapping[str, UUID]) -> dict[str, str]:
        """Of what can be asked for, that which would find the things in `ids`; nothing when there are none."""
        told = DOCUMENTS[self.service]["paths"][self.path][self.verb].get("parameters", [])
        taken = {one["name"] for one in told if one["in"] == "query"}
        asked = ASKED | {name: str(one) for name, one in ids.items()} if ids else {}
        return {name: value for name, value in asked.items() if name in taken}

    def url(self, ids: Mapping[str, UUID]) -> str:
        """The path with each id from `ids`, or an unknown one."""
        parts = self.path.split("/")
        for n, part in enumerate(parts):
            if part.startswith("{"):
                name, _, verb = part.partition("}")
                parts[n] = str(WORDS.get(name[1:]) or ids.get(name[1:]) or new_id()) + verb
        return "/".join(parts)


def _operations() -> Iterator[Operation]:
    for service in SERVICES:
        for path, item in DOCUMENTS[service]["paths"].items():
            for verb in VERBS:
                if verb in item:
                    (scheme,) = item[verb]["security"]
                    (scopes,) = scheme.values()
                    yield Operation(service, path, verb, tuple(scopes))


OPERATIONS = tuple(_operations())
EVERY_SCOPE = tuple(sorted({scope for operation in OPERATIONS for scope in operation.scopes}))


@pytest.fixture(scope="module")
async def services(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Running]]:
    folder: Path = tmp_path_factory.mktemp("authorization")
    async with (
        running(postgres, "customer", folder) as customer, running(postgres, "billing", folder) as billing,
        running(postgres, "credit", folder) as credit, running(postgres, "notify", folder, **NOWHERE) as notify,
    ):
        yield {"customer": customer, "billing": billing, "credit": credit, "notify": notify}


NOWHERE = {"billing_url": "http://127.0.0.1:1", "customer_url": "http://127.0.0.1:1", "client_id": "notify-svc",
           "token_url": "http://127.0.0.1:1/oauth/token", "client_secret": "x", "smtp_url": "smtp://127.0.0.1:1"}


async def _ask(
    service: Running, operation: Operation, ids: Mapping[str, UUID], headers: dict[str, str],
    said: dict[str, Any] | None = None,
) -> httpx.Response:
    body = said or {} if operation.verb in ("post", "put", "patch") else None
    given = headers | {"If-Match": '"1"', "Idempotency-Key": str(new_id())}
    return await service.client.request(
        operation.verb, operation.url(ids), params=operation.query(ids), json=body, headers=given)


def test_every_operation_names_a_scope() -> None:
    assert len(OPERATIONS) > 40
    assert [operation for operation in OPERATIONS if not operation.scopes] == []


async def test_without_a_token_nothing_is_answered(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        answer = await _ask(services[operation.service], operation, {}, {})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), operation


async def test_every_other_scope_is_not_enough(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        service = services[operation.service]
        tenant = None if operation.is_operators else new_id()
        others = [scope for scope in EVERY_SCOPE if scope not in operation.scopes]
        answer = await _ask(service, operation, {}, service.headers(tenant, *others))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), operation


async def test_a_token_without_a_tenant_serves_operators_only(services: dict[str, Running]) -> None:
    for operation in OPERATIONS:
        service = services[operation.service]
        answer = await _ask(service, operation, {}, service.headers(None, *EVERY_SCOPE))
        if operation.is_operators:
            assert answer.status_code == 422, operation
            own = await _ask(service, operation, {}, service.headers(new_id(), *EVERY_SCOPE))
            assert (own.status_code, own.json()["code"]) == (403, "operator_required"), operation
        elif operation.is_for_both:
            assert answer.status_code in (200, 422), operation
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "tenant_required"), operation


async def test_a_tenant_not_heard_of_is_asked_to_wait_but_where_tenants_are_made(services: dict[str, Running]) -> None:
    unknown = {"customer": (404, "tenant_not_found")}
    refused: dict[str, int] = dict.fromkeys(services, 0)
    ids = {name: new_id() for operation in OPERATIONS for name in operation.names} | {"customer_id": new_id()}
    for operation in OPERATIONS:
        service, tenant = services[operation.service], new_id()
        if not operation.is_operators:
            said = bodies(ids, tenant) | NEW
            answer = await _ask(
                service, operation, ids, service.headers(tenant, *EVERY_SCOPE), said.get(operation.end_of(said)))
            assert answer.status_code in (200, 202, 204, 404, 409, 412, 422), (operation, answer.text)
            if answer.status_code in (404, 409) and (code := answer.json()["code"]).startswith("tenant_"):
                expected = unknown.get(operation.service, (409, "tenant_not_known_yet"))
                assert (answer.status_code, code) == expected, operation
                assert ("Retry-After" in answer.headers) == (answer.status_code == 409), operation
                refused[operation.service] += 1
    assert min(refused.values()) >= 15, refused


class Owner:
    """One tenant in one service, whose things carry the words `ecret` or `98765`; `ids` are theirs, by name."""

    def __init__(self, service: Running, tenant: UUID) -> None:
        self.service, self.tenant = service, tenant
        self.ids: dict[str, UUID] = {"customer_id": new_id()}

    async def make(self, path: str, body: Any = None, *, method: str = "POST", named: str | None = None) -> Any:
        headers = self.service.headers(self.tenant, *EVERY_SCOPE) | {"If-Match": '"1"'}
        path = f"/{self.service.service}/v1{path}"
        answer = await self.service.client.request(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201, 202), answer.text
        if named is not None:
            self.ids[named] = UUID(answer.json()["id"])
        return answer.json()

    async def hear(self, subscription: Any, fact: type[Event], **more: Any) -> None:
        said = dict(fact.examples[0]) | {"customer_id": self.ids["customer_id"]} | more
        await tell(self.service.database, subscription, self.tenant, fact.model_validate(said))

    async def hear_of_the_customer(self, subscription: Any) -> None:
        await self.hear(subscription, CustomerRegistered, name="Secret Heron Ltd", status="active")

    async def seen(self) -> dict[str, Any]:
        """What the owner reads of its things, by path; all of it is there."""
        found: dict[str, Any] = {}
        for operation in OPERATIONS:
            ours = operation.service == self.service.service and operation.verb == "get"
            if ours and operation.names <= set(self.ids) and not operation.path.endswith(VOLATILE):
                answer = await _ask(self.service, operation, self.ids, self.service.headers(self.tenant, *EVERY_SCOPE))
                assert answer.status_code == 200, (operation, answer.text)
                is_json = answer.headers["content-type"].startswith("application/json")
                found[operation.path] = answer.json() if is_json else answer.headers["content-disposition"]
        return found


VOLATILE = ("/progress", "/integrity", "/test-clock", "/letters/{message_id}/document")
"""Streams until the end, or says the time; or is there for a message of another channel only."""
ECHOES = ("/items:owing",)
"""Says of each id that it was asked for whether it is known."""


async def _in_customer(owner: Owner) -> None:
    await owner.make("/customers", {"kind": "organization", "name": "Secret Heron Ltd", "external_id": "secret-1",
                                    "terms": {"due_days": 30, "end_of_month": False}}, named="customer_id")
    await owner.make(f"/customers/{owner.ids['customer_id']}/contacts", {
        "name": "Secret Li", "language": "en", "email": "secret@heron.example"}, named="contact_id")
    at = f"/customers/{owner.ids['customer_id']}"
    await owner.make(f"{at}/addresses", {"street": "Secret 1", "city": "Secret", "country": "CN"}, named="address_id")
    await owner.make("/groups", {"number": "G-1", "name": "Secret group", "currency": "CNY"}, named="group_id")
    await owner.make("/staff", {"code": "S-1", "name": "Secret Han", "language": "zh"}, named="staff_id")
    await owner.make(f"/staff/{owner.ids['staff_id']}/absences", {
        "from_on": "2026-01-05", "until_on": "2026-01-06"}, named="absence_id")
    await owner.make(f"{at}/interactions", {"kind": "call", "happened_at": "2026-01-05T01:00:00Z", "summary": "Secret",
                                            "outcome": "follow_up", "follow_up_on": "2026-01-05"})
    await owner.make("/customers:import", {"rows": [
        {"line": 2, "external_id": "secret-2", "name": "Secret Crane Ltd", "due_days": 30}]}, named="operation_id")


async def _in_billing(owner: Owner) -> None:
    await owner.hear_of_the_customer(heard_in_billing)
    customer = str(owner.ids["customer_id"])
    line = {"description": "Secret goods", "quantity": "1", "unit_price": "98765.43", "tax_rate": "0"}
    issued = await owner.make("/invoices", {"customer_id": customer, "currency": "CNY", "lines": [line], "issue": True,
                                            "external_id": "secret-1"}, named="invoice_id")
    owner.ids |= {"item_id": UUID(issued["items"][0]["id"]), "fact_id": UUID(issued["id"])}
    paid = await owner.make("/payments", {
        "customer_id": customer, "amount": secret("1000.00"), "received_on": "2026-01-05", "method": "bank_transfer",
        "allocation": "oldest_first", "reference": "secret-2"}, named="payment_id")
    owner.ids["allocation_id"] = UUID(paid["allocations"][0]["id"])
    await owner.make("/credit-notes", {
        "invoice_id": issued["id"], "reason": "rebate", "external_id": "secret-4", "lines": [
        {"position": 1, "net": secret("1.00")}]}, named="credit_note_id")
    spare = await owner.make("/payments", {
        "customer_id": customer, "amount": secret("10.00"), "received_on": "2026-01-05", "method": "bank_transfer",
        "allocation": "none"})
    await owner.make("/refunds", {"credit_id": spare["id"], "amount": secret("1.00"), "method": "bank_transfer",
                                  "reason": "overpaid", "reference": "secret-5"}, named="refund_id")
    await owner.make("/proposals", {"refund": {
        "credit_id": spare["id"], "amount": secret("2.00"), "method": "cash", "reason": "overpaid",
        "reference": "secret-6"}}, named="proposal_id")
    await owner.make("/disputes", {"item_id": str(owner.ids["item_id"]), "reason": "other", "amount": secret("1.00"),
                                   "evidence": "Secret letter"}, named="dispute_id")
    await owner.make("/write-offs", {"item_id": str(owner.ids["item_id"]), "reason": "insolvency",
                                     "reference": "Secret court"}, named="write_off_id")
    await owner.make("/arrangements", {
        "item_ids": [str(owner.ids["item_id"])], "reference": "Secret minutes",
        "parts": [{"due_on": "2026-02-01", "amount": secret("97764.43")}]}, named="arrangement_id")
    await owner.make("/compensations", {
        "item_id": str(owner.ids["item_id"]), "amount": secret("1.00"), "payer": "Secret insurer",
        "received_on": "2026-01-05"}, named="compensation_id")
    await owner.make("/bills", {
        "customer_id": customer, "amount": secret("1.00"), "number": "secret-9", "risk_class": "bank",
        "drawer": "Secret drawer", "acceptor": "Secret bank", "received_on": "2026-01-05", "due_on": "2099-01-05",
        "items": [{"item_id": str(owner.ids["item_id"])}]}, named="bill_id")
    await owner.make("/deposit-requests", {"customer_id": customer, "amount": secret("98765.00"),
                                           "order_reference": "secret-8"}, named="deposit_request_id")
    await owner.make("/delivery-notes", {"customer_id": customer, "amount": secret("98765.00"),
                                         "reference": "secret-7"}, named="delivery_id")
    await owner.make("/ledger-imports", {"name": "secret.csv", "digest": "a" * 64}, named="ledger_import_id")
    taken = f"/ledger-imports/{owner.ids['ledger_import_id']}"
    await owner.make(f"{taken}/rows", {"rows": [{
        "line": 2, "customer_external_id": "secret-1", "currency": "CNY", "invoice": {
            "external_id": "secret-3", "amount": "-98765.00", "issued_on": "2025-01-02", "due_on": "2025-02-01"}}]})
    await owner.make(f"{taken}:run", named="operation_id")


NUMBERS = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
           "authorization_days": 30}


async def _in_credit(owner: Owner) -> None:
    await owner.hear_of_the_customer(heard_in_credit)
    owner.ids["group_id"] = new_id()
    group = dict(GroupConfigured.examples[0]) | {"group_id": owner.ids["group_id"], "name": "Secret group"}
    await tell(owner.service.database, heard_in_credit, owner.tenant, GroupConfigured.model_validate(group))
    await owner.make(f"/customers/{owner.ids['customer_id']}/limit", {
        "currency": "CNY", "amount": "98765.43", "reason": "Secret terms"}, method="PUT")
    await owner.make("/limit-proposals", {"customer_id": str(owner.ids["customer_id"]), "currency": "CNY",
                                          "amount": "98765.43", "reason": "Secret terms"}, named="proposal_id")
    await owner.make("/group-limit-proposals", {"group_id": str(owner.ids["group_id"]), "amount": "98765.43",
                                                "reason": "Secret terms"}, named="group_limit_proposal_id")
    await owner.make("/policies", NUMBERS | {"reason": "Secret lines", "alerts": {"amount_above": [secret("1.00")]}})
    approved = await owner.make("/authorizations", {
        "customer_id": str(owner.ids["customer_id"]), "amount": secret("98765.00"), "reference": "secret-1",
    }, named="authorization_id")
    [alert] = (await owner.make("/alerts", method="GET"))["data"]
    owner.ids["alert_id"] = UUID(alert["id"])
    assert approved["status"] == "approved", approved
    await owner.make(f"/customers/{owner.ids['customer_id']}/holds", {
        "reason": "other", "note": "Secret worry"}, named="hold_id")
    await owner.make(f"/customers/{owner.ids['customer_id']}/covers", {
        "kind": "insurance", "amount": secret("1000.00"), "share_bps": 9000, "valid_from": "2026-01-05",
        "provider": "Secret insurer", "reference": "secret-2", "reason": "Secret terms"}, named="cover_id")
    await owner.make(f"/covers/{owner.ids['cover_id']}/claims", {
        "amount": secret("100.00"), "reference": "secret-3"}, named="claim_id")
    await owner.make(f"/customers/{owner.ids['customer_id']}/financial-statements", FIGURES)
    await owner.make(f"/customers/{owner.ids['customer_id']}/ratings", {})


class Unsure:
    """A sender that never learns what came of a mail, so that a person has something to resolve."""

    async def send(self, *_: Any, **__: Any) -> Delivery:
        return Delivery(MessageStatus.UNKNOWN, "outcome_unknown")


async def _in_notify(owner: Owner) -> None:
    await owner.hear_of_the_customer(heard_in_notify)
    due, owed, item = date(2026, 1, 6), Money(9876543, "CNY"), new_id()
    owner.ids["item_id"] = item
    await owner.hear(billing_heard_in_notify, InvoiceIssued, number="secret-1", issued_on=date(2026, 1, 1), items=[
        {"item_id": item, "due_on": due, "amount": secret()}])

    async def account(_: UUID, asked: Collection[UUID]) -> dict[UUID, AccountLook]:
        look = AccountLook((LookedItem(item, due, owed, Money.zero("CNY"), Money.zero("CNY")),), {})
        return dict.fromkeys(asked, look)

    async def reach(_: UUID, asked: Collection[UUID], __: str | None = None) -> dict[UUID, Reach]:
        return dict.fromkeys(asked, Reach(Contact("secret@heron.example", "Secret Li", "en"), True, False))

    customer, slice_ = {"customer_id": str(owner.ids["customer_id"])}, {"customer_ids": [str(owner.ids["customer_id"])]}
    job = Job(owner.tenant, await _planned(owner, slice_), "remind_customers", "secret", AT, slice_, 0)
    await RemindCustomers(account, reach, Unsure(), SystemClock()).run(owner.service.database, job)
    [message] = (await owner.make("/messages", method="GET"))["data"]
    owner.ids["message_id"] = UUID(message["id"])
    await owner.make("/ladder:switch-on", {}, named="operation_id")
    await owner.make("/promises", customer | {
        "amount": secret("98765.43"), "promised_on": "2026-01-06", "note": "Secret"}, named="promise_id")
    await owner.make("/cases", customer | {"note": "Secret"}, named="case_id")
    await owner.make("/calls", customer | {"due_on": "2026-01-05", "note": "Secret"}, named="call_id")


async def _planned(owner: Owner, customers: dict[str, list[str]]) -> UUID:
    """The id of a job to remind these customers."""

    async def plan(tx: Transaction) -> None:
        schedule(tx, "remind_customers", "secret", AT, customers)

    async def planned(tx: Transaction) -> UUID:
        found: UUID = await tx.driver.fetchval("SELECT job_id FROM job WHERE kind = 'remind_customers'")
        return found

    await owner.service.database.transact(owner.tenant, plan)
    return await owner.service.database.read(owner.tenant, planned)


AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
THINGS = {"customer": _in_customer, "billing": _in_billing, "credit": _in_credit, "notify": _in_notify}


@pytest.mark.parametrize("name", THINGS)
async def test_another_tenant_sees_and_changes_nothing(services: dict[str, Running], name: str) -> None:
    service = services[name]
    owner, stranger = Owner(service, await service.tenant(at=AT)), await service.tenant(at=AT)
    await THINGS[name](owner)
    before, told = await owner.seen(), await service.told(owner.tenant)
    assert "ecret" in str(before) or "98765" in str(before)
    said = bodies(owner.ids, owner.tenant)
    for operation in OPERATIONS:
        if operation.service != name or operation.is_operators:
            continue
        body = operation.end_of(said)
        answer = await _ask(service, operation, owner.ids, service.headers(stranger, *EVERY_SCOPE), said.get(body))
        assert "ecret" not in answer.text, operation
        assert "98765" not in answer.text, operation
        if operation.names or (body not in ("", ":switch-on") and operation.verb != "get"):
            none = operation.verb == "get" and answer.json().get("data") == []
            assert answer.status_code in (404, 409) or none, (operation, answer.text)
        elif operation.path.endswith(ECHOES):
            assert not any(one["known"] or one["items"] for one in answer.json()["data"]), (operation, answer.text)
        elif answer.is_success:  # a refusal names what was asked for
            assert not [one for one in owner.ids.values() if str(one) in answer.text], (operation, answer.text)
    assert await owner.seen() == before
    assert await service.told(owner.tenant) == told
