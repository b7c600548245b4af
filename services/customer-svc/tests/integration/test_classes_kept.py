"""Classes follow their rules at the turn of the day: from what was heard, told on change, with preview and by hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from customer_svc.consumers.billing import billing
from customer_svc.domain.classification import DEFAULTS, Dimension
from customer_svc.jobs.refresh_classes import refresh_classes
from customer_svc.usecases.classify_customer import classify_customer
from customer_svc.usecases.refresh_classes import ToJudge, take_class_slice
from dunlin_events.contracts.billing import CreditAllocated, InvoiceIssued, PaymentConfirmed
from dunlin_kernel.ids import CustomerId, new_id
from dunlin_kit.jobs import Job
from dunlin_kit.tenants import present
from dunlin_kit.testing import one_by_one, tell

CUSTOMERS = "/customer/v1/customers"
RULES = "/customer/v1/classification-rules"
TURN = datetime(2026, 3, 15, 16, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class Trade:
    """A sandbox at the turn of 16 March whose customers trade."""

    def __init__(self, archive: Any) -> None:
        self.archive = archive

    async def hear(self, customer: str, fact: Any, **more: Any) -> None:
        said = dict(fact.examples[0]) | {"customer_id": customer} | more
        await tell(self.archive.running.database, billing, self.archive.tenant, fact.model_validate(said))

    async def sold(self, customer: str, amount: str, *, issued: str, due: str, paid: str | None) -> None:
        """An invoice of one item, paid in full on a day or not at all."""
        item, nothing = str(new_id()), {"disputed": cny("0.00"), "unapplied": cny("0.00")}
        await self.hear(customer, InvoiceIssued, total=cny(amount), issued_on=issued,
                        items=[{"item_id": item, "due_on": due, "amount": cny(amount)}],
                        account={"open": cny(amount), **nothing})
        if paid:
            await self.hear(customer, PaymentConfirmed, amount=cny(amount), received_on=paid,
                            account={"open": cny(amount), **nothing})
            await self.hear(customer, CreditAllocated, item_id=item, amount=cny(amount), open_after=cny("0.00"),
                            business_on=paid, account={"open": cny("0.00"), **nothing})

    async def turn(self, at: datetime = TURN) -> None:
        """Run the refresh that fell due at this instant, as the worker that claimed it would."""
        job_id = new_id()

        async def claimed(tx: Any) -> None:
            await tx.driver.execute(
                "INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload, attempts) "
                "VALUES ($1, $2, 'refresh_classes', $3, $4, '{}', 1)", tx.tenant, job_id, str(job_id), at)

        database = self.archive.running.database
        await database.transact(self.archive.tenant, claimed)
        await refresh_classes(database, Job(
            self.archive.tenant, job_id, "refresh_classes", str(job_id), at, {}, 1))

    async def classes(self, customer: str) -> dict[str, Any]:
        answer = await self.archive.get(f"{CUSTOMERS}/{customer}/classes")
        return {one["dimension"]: one["value"] for one in answer.json()["data"]}

    async def told(self, customer: str) -> list[tuple[str, str | None, str, int | None]]:
        return [(p["dimension"], p["previous"], p["value"], p["rule_version"])
                for fact, p in await self.archive.facts()
                if fact == "CustomerClassified" and p["customer_id"] == customer]


@pytest.fixture
async def trade(service: Any, archive: Any) -> Trade:
    tenant = await service.tenant(at=TURN)
    return Trade(type(archive)(service, tenant, (*archive.scopes, "policies:write")))


async def test_classes_follow_what_was_heard(trade: Trade) -> None:
    large, small, silent = [(await trade.archive.register(name))["id"] for name in ("Heron", "Crane", "Ibis")]
    await trade.sold(large, "2000000.00", issued="2025-01-10", due="2025-02-09", paid="2025-02-09")
    await trade.sold(large, "2000000.00", issued="2026-01-10", due="2026-02-09", paid="2026-02-12")
    await trade.sold(small, "120000.00", issued="2026-01-10", due="2026-02-09", paid="2026-03-01")
    await trade.sold(small, "80000.00", issued="2026-01-20", due="2026-02-19", paid="2026-02-19")
    await trade.turn()
    assert await trade.classes(large) == {
        "abc": "A", "value_tier": "high", "payment_behaviour": "on_time", "size": "large", "type": "existing"}
    assert await trade.classes(small) == {
        "abc": "B", "value_tier": "medium", "payment_behaviour": "chronic", "size": "small", "type": "new"}
    assert await trade.classes(silent) == {"type": "prospective"}
    for wanted, names in (("abc:A", ["Heron"]), ("type:prospective", ["Ibis"]), ("size:huge", [])):
        listed = (await trade.archive.get(CUSTOMERS, in_class=wanted)).json()["data"]
        assert [customer["name"] for customer in listed] == names
    assert sorted(await trade.told(silent)) == [("type", None, "prospective", 0)]
    before = await trade.archive.facts()
    await trade.turn(TURN + timedelta(hours=1))
    assert await trade.archive.facts() == before
    page = (await trade.archive.get(f"{CUSTOMERS}/{large}/overview")).json()
    assert {(one["dimension"], one["value"], one["number"]) for one in page["classes"]} >= {
        ("value_tier", "high", 2_000_000), ("payment_behaviour", "on_time", 0), ("type", "existing", 14)}


async def test_a_debt_of_ninety_days_makes_a_chronic_payer_until_it_is_paid(trade: Trade) -> None:
    customer = (await trade.archive.register())["id"]
    await trade.sold(customer, "100.00", issued="2025-11-10", due="2025-12-14", paid=None)
    await trade.turn()
    assert (await trade.classes(customer))["payment_behaviour"] == "chronic"
    for _ in range(19):
        await trade.sold(customer, "100.00", issued="2026-01-10", due="2026-02-09", paid="2026-02-09")
    await trade.turn(TURN + timedelta(hours=1))
    assert (await trade.classes(customer))["payment_behaviour"] == "chronic"
    assert [told for told in await trade.told(customer) if told[0] == "payment_behaviour"] == [
        ("payment_behaviour", None, "chronic", 0)]


async def test_a_new_rule_is_previewed_and_then_holds(trade: Trade) -> None:
    customer = await trade.archive.register("Heron")
    await trade.sold(customer["id"], "500.00", issued="2026-01-10", due="2026-02-09", paid="2026-02-09")
    await trade.turn()
    rule = {"dimension": "size", "edges": [400], "hysteresis_bps": 0, "window_months": 6,
            "effective_from": "2026-03-16"}
    previewed = (await trade.archive.post(f"{RULES}:preview", rule)).json()
    assert previewed == {
        "classes": [{"value": "large", "customers": 1}], "changed": 1, "customers": [{
            "customer_id": customer["id"], "number": "C-000001", "name": "Heron", "before": "small",
            "after": "large"}]}
    assert (await trade.classes(customer["id"]))["size"] == "small"
    answer = await trade.archive.send("PUT", RULES, rule)
    assert (answer.status_code, answer.json()["version"], answer.json()["classes"]) == (200, 1, ["small", "large"])
    later = await trade.archive.send("PUT", RULES, rule | {"edges": [9], "effective_from": "2026-04-01"})
    assert later.json()["version"] == 2
    await trade.turn(TURN + timedelta(hours=1))
    assert (await trade.classes(customer["id"]))["size"] == "large"
    assert ("size", "small", "large", 1) in await trade.told(customer["id"])
    reads = trade.archive.running.headers(trade.archive.tenant, "customers:read", key=None)
    listed = await one_by_one(trade.archive.running.client, RULES, reads)
    assert [(one["dimension"], one["version"]) for one in listed] == sorted(
        [*((dimension.value, 0) for dimension in Dimension), ("size", 1), ("size", 2)])


async def test_a_class_by_hand_stays_until_it_is_given_back(trade: Trade) -> None:
    customer = (await trade.archive.register())["id"]
    path = f"{CUSTOMERS}/{customer}/classes"
    await trade.sold(customer, "5.00", issued="2026-01-10", due="2026-02-09", paid="2026-02-09")
    for _ in range(2):
        answer = await trade.archive.send("PUT", path, {"dimension": "size", "value": "large"})
        assert [one["rule_version"] for one in answer.json()["data"]] == [None]
    await trade.turn()
    assert (await trade.classes(customer))["size"] == "large"
    back = await trade.archive.send("PUT", path, {"dimension": "size", "value": None})
    assert "size" not in {one["dimension"] for one in back.json()["data"]}
    await trade.turn(TURN + timedelta(hours=1))
    assert [told for told in await trade.told(customer) if told[0] == "size"] == [
        ("size", None, "large", None), ("size", None, "small", 0)]
    lines = (await trade.archive.get(f"{CUSTOMERS}/{customer}/history")).json()["data"]
    assert [(one["before"], one["after"]) for one in lines if one["field"] == "class.size"] == [
        (None, "small"), ("large", None), (None, "large")]
    again = await trade.archive.send("PUT", path, {"dimension": "size", "value": None})
    assert again.status_code == 200


@pytest.mark.parametrize(("path", "body", "code"), [
    (RULES, {"dimension": "size", "edges": [1, 2], "effective_from": "2026-03-16"}, "bad_classification_rule"),
    (RULES, {"dimension": "size", "edges": [1], "effective_from": "2026-03-15"}, "rule_in_the_past"),
    (RULES, {"dimension": "weight", "edges": [1], "effective_from": "2026-03-16"}, "invalid_request"),
    ("classes", {"dimension": "size", "value": "huge"}, "unknown_class"),
    ("classes", {"dimension": "weight", "value": "huge"}, "invalid_request"),
])
async def test_what_is_refused(trade: Trade, path: str, body: dict[str, Any], code: str) -> None:
    if path == "classes":
        path = f"{CUSTOMERS}/{(await trade.archive.register())['id']}/{path}"
    answer = await trade.archive.send("PUT", path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_class_set_by_hand_while_the_turn_goes_on_stays(trade: Trade) -> None:
    database, tenant_id = trade.archive.running.database, trade.archive.tenant
    customer = UUID((await trade.archive.register())["id"])
    set_by_hand, may_end = asyncio.Event(), asyncio.Event()

    async def by_hand(tx: Any) -> None:
        await classify_customer(tx, CustomerId(customer), Dimension.SIZE, "large")
        await tx.flush(last=True)
        set_by_hand.set()
        await may_end.wait()

    async def judge(tx: Any) -> None:
        tenant = await present(tx)
        await take_class_slice(tx, tenant, DEFAULTS[Dimension.SIZE], [ToJudge(customer, 5)])

    async def waiting(tx: Any) -> int:
        found: int = await tx.driver.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return found

    person = asyncio.create_task(database.transact(tenant_id, by_hand))
    await set_by_hand.wait()
    turn = asyncio.create_task(database.transact(tenant_id, judge))
    async with asyncio.timeout(60):
        while not turn.done() and not await database.read(tenant_id, waiting):  # noqa: ASYNC110  nobody is told
            await asyncio.sleep(0.01)
    may_end.set()
    await asyncio.gather(person, turn)
    assert (await trade.classes(str(customer)))["size"] == "large"
    assert [told for told in await trade.told(str(customer)) if told[0] == "size"] == [("size", None, "large", None)]


async def test_each_turn_plans_the_next(trade: Trade) -> None:
    await trade.turn()

    async def waiting(tx: Any) -> list[tuple[str, datetime]]:
        rows = await tx.driver.fetch("SELECT key, due_at FROM job WHERE kind = 'refresh_classes' AND state = 'waiting'")
        return [(row["key"], row["due_at"]) for row in rows]

    planned = await trade.archive.running.database.transact(trade.archive.tenant, waiting)
    assert planned == [("2026-03-17", TURN + timedelta(days=1))]


async def test_what_a_merged_entry_did_counts_for_the_one_that_goes_on(trade: Trade) -> None:
    old, new = [(await trade.archive.register(name))["id"] for name in ("Heron", "Crane")]
    await trade.sold(old, "2000000.00", issued="2026-01-10", due="2026-02-09", paid="2026-03-01")
    await trade.sold(new, "100.00", issued="2026-02-10", due="2026-03-09", paid="2026-03-09")
    answer = await trade.archive.post(f"{CUSTOMERS}/{old}:merge", {"into_id": new})
    assert answer.status_code == 200, answer.text
    await trade.turn()
    apart = Trade(trade.archive)
    alone = (await apart.archive.register("Ibis"))["id"]
    await apart.sold(alone, "100.00", issued="2026-02-10", due="2026-03-09", paid="2026-03-09")
    await apart.turn()
    together, by_itself = await trade.classes(new), await trade.classes(alone)
    assert (together["size"], by_itself["size"]) == ("large", "small")
    assert (together["abc"], together["payment_behaviour"]) == ("A", "chronic")
    assert by_itself["payment_behaviour"] == "on_time"
    assert await trade.classes(old) == {}
    page = (await trade.archive.get(f"{CUSTOMERS}/{new}/trade", limit=1)).json()
    rest = (await trade.archive.get(f"{CUSTOMERS}/{new}/trade", limit=1, cursor=page["next_cursor"])).json()
    assert [(one["due_on"], one["amount"], one["settled_on"], one["days_late"])
            for one in (*page["data"], *rest["data"])] == [
        ("2026-03-09", cny("100.00"), "2026-03-09", 0), ("2026-02-09", cny("2000000.00"), "2026-03-01", 20)]
    assert not rest["has_more"]
    assert [(one["month"], one["billed"]["amount"], one["cash"]["amount"], one["invoices"])
            for one in page["months"]] == [
        ("2026-03-01", "0.00", "2000100.00", 0), ("2026-02-01", "100.00", "0.00", 1),
        ("2026-01-01", "2000000.00", "0.00", 1)]
