"""What other services tell, as the archive keeps and shows it: every example is taken in, and the page adds up."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from customer_svc.consumers.billing import billing
from customer_svc.consumers.credit import credit
from customer_svc.consumers.notify import notify
from dunlin_events.contracts.base import FACTS, Event
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceVoided,
    PaymentConfirmed,
    PaymentExpired,
    PaymentReceived,
    PaymentRejected,
    PaymentReversed,
)
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_events.contracts.billing_ageing import AgeingPolicySet
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAdvanced,
    ArrangementAgreed,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementReinstated,
    ArrangementRevised,
)
from dunlin_events.contracts.billing_charges import InterestCharged
from dunlin_events.contracts.billing_deliveries import DeliveryCancelled, DeliveryRecorded
from dunlin_events.contracts.billing_write_offs import DebtRecovered, DebtWrittenOff, RecoveryReversed, WriteOffReversed
from dunlin_events.contracts.credit import (
    AlertAcknowledged,
    AuthorizationCaptured,
    AuthorizationTransferred,
    CreditAuthorized,
    CreditLimitChanged,
    RiskAlertRaised,
)
from dunlin_events.contracts.credit_covers import CoverChanged
from dunlin_events.contracts.credit_holds import CreditHoldPlaced, CreditHoldReleased
from dunlin_events.contracts.credit_policies import CreditPolicyAdopted
from dunlin_events.contracts.credit_rating import CreditRated, TermsDecided
from dunlin_events.contracts.notify import ReminderSent
from dunlin_events.contracts.notify_cases import CaseAdvanced, CaseClosed, CaseOpened
from dunlin_events.contracts.notify_promises import PromiseCorrected, PromiseMade
from dunlin_events.subscription import Subscription
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

CUSTOMERS = "/customer/v1/customers"
SUBSCRIPTIONS: dict[str, Subscription[Any]] = {"billing": billing, "credit": credit, "notify": notify}
HEARD = sorted({wire_type for one in SUBSCRIPTIONS.values() for wire_type in one.folds})
PENDING, ARRANGED = str(new_id()), str(new_id())
TODAY = datetime(2026, 3, 16, 2, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def figures(opened: str, unapplied: str = "0.00", disputed: str = "0.00") -> dict[str, Any]:
    return {"open": cny(opened), "disputed": cny(disputed), "unapplied": cny(unapplied)}


class Office:
    """A sandbox whose clock stands, with one customer, and what the archive hears of it."""

    def __init__(self, archive: Any, customer: dict[str, Any]) -> None:
        self.archive, self.customer = archive, customer
        self.path = f"{CUSTOMERS}/{customer['id']}"
        self._heard = 0

    async def hear(self, fact: type[Event], **more: Any) -> None:
        said = dict(fact.examples[0]) | {"customer_id": self.customer["id"]} | more
        self._heard += 1
        await tell(self.archive.running.database, SUBSCRIPTIONS[fact.owner], self.archive.tenant,
                   fact.model_validate(said), first=self._heard)

    async def invoice(self, item: UUID, amount: str, opened: str, *, issued: str, due: str) -> None:
        await self.hear(InvoiceIssued, total=cny(amount), account=figures(opened), issued_on=issued,
                        items=[{"item_id": str(item), "due_on": due, "amount": cny(amount)}])

    async def pay(self, item: UUID, amount: str, left: str, opened: str, *, on: str) -> None:
        await self.hear(PaymentConfirmed, amount=cny(amount), account=figures(opened, amount), received_on=on)
        await self.hear(CreditAllocated, item_id=str(item), amount=cny(amount), open_after=cny(left), business_on=on,
                        account=figures(left))

    async def page(self) -> Any:
        answer = await self.archive.get(f"{self.path}/overview")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def months(self) -> list[tuple[Any, ...]]:
        async def work(tx: Any) -> list[tuple[Any, ...]]:
            rows = await tx.driver.fetch("SELECT month, billed, cash, invoices FROM heard_month ORDER BY month")
            return [tuple(row) for row in rows]

        found: list[tuple[Any, ...]] = await self.archive.running.database.transact(self.archive.tenant, work)
        return found


@pytest.fixture
async def office(service: Any, archive: Any) -> Office:
    sandbox = type(archive)(service, await service.tenant(at=TODAY))
    return Office(sandbox, await sandbox.register())


@pytest.mark.parametrize("wire_type", HEARD)
async def test_every_example_is_taken_in(office: Office, wire_type: str) -> None:
    contract = FACTS[wire_type]
    for example in contract.examples:
        await office.hear(contract, **{**example, "customer_id": office.customer["id"]})
    page = await office.page()
    if "account" in contract.model_fields:
        account: Any = contract.examples[-1]["account"]
        assert {name: page["accounts"][0][name] for name in account} == account


async def test_one_customer_on_one_page(office: Office) -> None:
    first, second, third = new_id(), new_id(), new_id()
    await office.invoice(first, "1000.00", "1000.00", issued="2026-01-05", due="2026-02-04")
    await office.invoice(second, "500.00", "1500.00", issued="2026-02-10", due="2026-03-12")
    await office.invoice(third, "200.00", "1700.00", issued="2026-03-01", due="2026-03-31")
    await office.pay(first, "400.00", "600.00", "1300.00", on="2026-03-10")
    await office.hear(CreditLimitChanged, limit=cny("5000.00"))
    await office.hear(CreditAuthorized, amount=cny("300.00"))
    await office.hear(CreditHoldPlaced, hold_id=str(new_id()), rule="overdue")
    await office.hear(ReminderSent, reminded_on="2026-03-15", level=2)
    promise = str(new_id())
    await office.hear(PromiseMade, promise_id=promise, amount=cny("600.00"), promised_on="2026-03-20")
    page = await office.page()
    [account] = page["accounts"]
    assert (account["open"], account["overdue"], account["oldest_days_overdue"]) == (cny("600.00"), cny("1100.00"), 40)
    assert [(b["from_days"], b["until_days"], b["amount"]["amount"]) for b in account["buckets"]] == [
        (1, 30, "500.00"), (31, 60, "600.00"), (61, 90, "0.00"), (91, None, "0.00")]
    for version, edges in ((2, [3, 50]), (1, [10])):
        await tell(office.archive.running.database, billing, office.archive.tenant,
                   AgeingPolicySet(version=version, edges=edges))
    [set_otherwise] = (await office.page())["accounts"]
    assert [(b["from_days"], b["until_days"], b["amount"]["amount"]) for b in set_otherwise["buckets"]] == [
        (1, 3, "0.00"), (4, 50, "1100.00"), (51, None, "0.00")]
    assert (account["last_invoiced_on"], account["last_paid_on"], account["last_paid"]) == (
        "2026-03-01", "2026-03-10", cny("400.00"))
    [limit] = page["credit"]
    assert (limit["limit"], limit["reserved"], limit["available"]) == (cny("5000.00"), cny("300.00"), cny("4100.00"))
    assert [hold["rule"] for hold in page["holds"]] == ["overdue"]
    assert page["last_reminder"] == {"reminders": 1, "last_on": "2026-03-15", "last_level": 2}
    assert [(p["id"], p["amount"], p["status"]) for p in page["promises"]] == [(promise, cny("600.00"), "running")]
    assert (page["customer"]["id"], page["owner"], page["group"], page["contacts"], page["on"]) == (
        office.customer["id"], None, None, [], "2026-03-16")
    assert page["positions"] == [f"customer/{office.archive.tenant}:{office.customer['id']}/1"]


async def test_what_is_undone_is_gone_from_the_page_and_the_months(office: Office) -> None:
    item, other = new_id(), new_id()
    await office.invoice(item, "1000.00", "1000.00", issued="2026-01-05", due="2026-02-04")
    await office.pay(item, "1000.00", "0.00", "1000.00", on="2026-02-03")
    assert await office.months() == [(date(2026, 1, 1), 100000, 0, 1), (date(2026, 2, 1), 0, 100000, 0)]
    assert (await office.page())["accounts"][0]["overdue"] == cny("0.00")
    await office.hear(AllocationReversed, item_id=str(item), amount=cny("1000.00"), open_after=cny("1000.00"),
                      account=figures("1000.00", "1000.00"))
    await office.hear(PaymentReversed, amount=cny("1000.00"), account=figures("1000.00"), effective_on="2026-02-20")
    assert (await office.page())["accounts"][0]["overdue"] == cny("1000.00")
    await office.invoice(other, "50.00", "1050.00", issued="2026-02-20", due="2026-03-01")
    await office.hear(InvoiceVoided, amount=cny("50.00"), items=[{"item_id": str(other), "amount": cny("50.00")}],
                      effective_on="2026-02-21", account=figures("1000.00"))
    assert (await office.page())["accounts"][0]["overdue"] == cny("1000.00")
    assert await office.months() == [(date(2026, 1, 1), 100000, 0, 1), (date(2026, 2, 1), 0, 0, 0)]


async def test_a_temporary_limit_and_a_released_hold(office: Office) -> None:
    hold = str(new_id())
    await office.hear(CreditLimitChanged, limit=cny("100.00"))
    await office.hear(CreditLimitChanged, limit=cny("50.00"), kind="temporary", valid_from="2026-03-16",
                      valid_until="2026-03-16")
    await office.hear(CreditAuthorized, amount=cny("30.00"))
    await office.hear(AuthorizationCaptured, amount=cny("30.00"))
    await office.hear(CreditHoldPlaced, hold_id=hold)
    await office.hear(CreditHoldReleased, hold_id=hold)
    page = await office.page()
    assert [(c["limit"], c["available"]) for c in page["credit"]] == [(cny("150.00"), cny("150.00"))]
    assert page["holds"] == []
    await office.hear(CreditLimitChanged, limit=None)
    assert [(c["limit"], c["available"]) for c in (await office.page())["credit"]] == [(None, None)]


async def test_what_is_delivered_and_who_answers_count_in_what_is_available(office: Office) -> None:
    await office.hear(CreditLimitChanged, limit=cny("100.00"))
    await office.hear(CreditAuthorized, amount=cny("30.00"))
    note = str(new_id())
    await office.hear(DeliveryRecorded, delivery_id=note, amount=cny("30.00"))
    await office.hear(AuthorizationCaptured, amount=cny("30.00"))
    cover = str(new_id())
    await office.hear(CoverChanged, cover_id=cover, counts=cny("40.00"))
    (credit,) = (await office.page())["credit"]
    assert (credit["limit"], credit["delivered"], credit["reserved"], credit["available"]) == (
        cny("140.00"), cny("30.00"), cny("0.00"), cny("110.00"))
    billed = {"delivery_id": note, "authorization_id": None, "amount": cny("30.00"), "open_after": cny("0.00")}
    await office.hear(InvoiceIssued, total=cny("30.00"), items=[], deliveries=[billed], account=figures("30.00"))
    await office.hear(CoverChanged, cover_id=cover, counts=cny("40.00"), state="ended")
    (credit,) = (await office.page())["credit"]
    assert (credit["delivered"], credit["available"]) == (cny("0.00"), cny("70.00"))


async def test_what_is_available_counts_by_the_weights_of_the_policy_in_force(office: Office) -> None:
    await office.hear(CreditLimitChanged, limit=cny("200.00"))
    await office.hear(DeliveryRecorded, delivery_id=str(new_id()), amount=cny("30.00"))
    await office.hear(InvoiceIssued, total=cny("130.00"), items=[], account=figures("130.00", "10.00", "60.00"))

    async def available() -> Any:
        return (await office.page())["credit"][0]["available"]

    assert await available() == cny("50.00")
    policies = [CreditPolicyAdopted(version=n, effective_from=day, disputed_weight_bps=bps, delivered_weight_bps=8000)
                for n, day, bps in ((2, date(2026, 3, 1), 5000), (3, date(2026, 4, 1), 0))]
    await tell(office.archive.running.database, credit, office.archive.tenant, *policies)
    assert await available() == cny("86.00")
    counted = CreditPolicyAdopted(version=4, effective_from=date(2026, 3, 1), disputed_weight_bps=5000,
                                  delivered_weight_bps=8000, accrued_interest=True)
    await tell(office.archive.running.database, credit, office.archive.tenant, counted, first=3)
    await office.hear(InterestAccrued, amount=cny("9.00"))
    assert await available() == cny("77.00")
    await office.hear(InterestCharged, amount=cny("6.00"), account=figures("136.00", "10.00", "60.00"))
    assert await available() == cny("77.00")


async def test_terms_that_credit_decides_are_kept_and_told(office: Office) -> None:
    await office.hear(CreditRated, grade="B", score=604)
    await office.hear(TermsDecided, due_days=15, prepayment_bps=3000, cash_on_delivery=False)
    page = await office.page()
    assert (page["grade"]["grade"], page["grade"]["score"]) == ("B", 604)
    assert (page["customer"]["terms"]["due_days"], page["customer"]["terms"]["prepayment_bps"]) == (15, 3000)
    told = [said["terms"] for fact, said in await office.archive.facts() if fact == "CustomerTermsChanged"]
    assert [(terms["due_days"], terms["prepayment_bps"]) for terms in told] == [(15, 3000)]
    await office.hear(TermsDecided, due_days=15, prepayment_bps=3000, cash_on_delivery=False)
    assert len([fact for fact, _ in await office.archive.facts() if fact == "CustomerTermsChanged"]) == 1
    await office.archive.post(f"{office.path}:close")
    await office.hear(TermsDecided, due_days=0, prepayment_bps=10_000, cash_on_delivery=True)
    assert (await office.page())["customer"]["terms"]["due_days"] == 15


async def test_a_promise_stands_as_it_was_told_of_last(office: Office) -> None:
    await office.hear(PromiseMade)
    await office.hear(PromiseCorrected, outcome="kept")
    assert [promise["status"] for promise in (await office.page())["promises"]] == ["kept"]


async def test_what_stands_open_beside_the_balance_is_on_the_page_until_it_is_over(office: Office) -> None:
    """Each is shown while it stands, as it was told of last."""
    await office.hear(ArrangementAgreed, arrangement_id=ARRANGED)
    await office.hear(ArrangementAdvanced, arrangement_id=ARRANGED)
    await office.hear(DebtWrittenOff)
    await office.hear(DebtRecovered)
    await office.hear(RecoveryReversed)
    await office.hear(DebtRecovered)
    await office.hear(PaymentReceived, payment_id=PENDING)
    await office.hear(RiskAlertRaised)
    await office.hear(CaseOpened)
    await office.hear(CaseAdvanced)
    page = await office.page()
    [arranged], [lost], [pending], [alert], case = (page[name] for name in (
        "arrangements", "write_offs", "pending_payments", "alerts", "case"))
    assert (arranged["state"], arranged["amount"], arranged["agreed_on"], arranged["next_due_on"]) == (
        "active", cny("4520.00"), "2026-02-20", "2026-04-10")
    assert (lost["number"], lost["amount"], lost["reason"]) == ("INV-000001", cny("3520.00"), "insolvency")
    assert (pending["amount"], pending["method"], pending["expires_on"]) == (cny("6000.00"), "cheque", "2026-03-31")
    assert (alert["rule"], alert["amount"]) == ("over_capture", cny("1075.00"))
    assert (case["stage"], case["opened_on"], case["next_action"], case["next_action_on"]) == (
        "collecting", "2026-04-06", "visit", "2026-04-10")
    await office.hear(ArrangementDefaulted, arrangement_id=ARRANGED)
    assert [(one["state"], one["next_due_on"]) for one in (await office.page())["arrangements"]] == [
        ("defaulted", "2026-03-10")]
    await office.hear(ArrangementReinstated, arrangement_id=ARRANGED)
    await office.hear(ArrangementRevised, arrangement_id=ARRANGED)
    assert [(one["state"], one["agreed_on"], one["next_due_on"]) for one in (await office.page())["arrangements"]] == [
        ("active", "2026-02-20", "2026-03-20")]
    ends: list[tuple[type[Event], dict[str, str]]] = [
        (ArrangementCompleted, {"arrangement_id": ARRANGED}), (WriteOffReversed, {}), (AlertAcknowledged, {}),
        (CaseClosed, {}), (PaymentConfirmed, {"payment_id": PENDING})]
    for over, said in ends:
        await office.hear(over, **said)
    page = await office.page()
    assert [page[name] for name in ("arrangements", "write_offs", "pending_payments", "alerts", "case")] == [
        [], [], [], [], None]


async def test_what_stands_open_goes_on_at_the_customer_that_goes_on(office: Office) -> None:
    await office.hear(ArrangementAgreed, arrangement_id=ARRANGED)
    await office.hear(PaymentReceived, payment_id=PENDING)
    into = Office(office.archive, await office.archive.register("Crane"))
    assert (await office.archive.post(f"{office.path}:merge", {"into_id": into.customer["id"]})).status_code == 200
    page = await into.page()
    assert [one["next_due_on"] for one in page["arrangements"]] == ["2026-03-10"]
    assert [one["id"] for one in page["pending_payments"]] == [PENDING]
    await into.hear(ArrangementAdvanced, arrangement_id=ARRANGED)
    assert [(one["agreed_on"], one["next_due_on"]) for one in (await into.page())["arrangements"]] == [
        ("2026-02-20", "2026-04-10")]
    await into.hear(ArrangementCompleted, arrangement_id=ARRANGED)
    assert (await into.page())["arrangements"] == []


@pytest.mark.parametrize("end", [PaymentRejected, PaymentExpired])
async def test_it_is_not_closed_while_a_payment_is_still_to_be_confirmed(office: Office, end: type[Event]) -> None:
    await office.hear(PaymentReceived)
    pending = await office.archive.post(f"{office.path}:close")
    assert (pending.status_code, pending.json()["code"], pending.json()["facts"]["amount"]) == (
        409, "customer_has_pending_payment", "6000.00")
    await office.hear(end)
    assert (await office.archive.post(f"{office.path}:close")).status_code == 200


async def test_it_is_closed_only_when_nothing_is_owed_either_way(office: Office) -> None:
    item = new_id()
    await office.invoice(item, "100.00", "100.00", issued="2026-03-01", due="2026-03-31")
    owes = await office.archive.post(f"{office.path}:close")
    assert (owes.status_code, owes.json()["code"], owes.json()["facts"]["open"]) == (409, "customer_owes", "100.00")
    await office.pay(item, "100.00", "0.00", "100.00", on="2026-03-10")
    await office.hear(PaymentConfirmed, amount=cny("5.00"), account=figures("0.00", "5.00"), received_on="2026-03-11")
    ours = await office.archive.post(f"{office.path}:close")
    assert (ours.status_code, ours.json()["code"]) == (409, "customer_has_credit")
    await office.hear(PaymentReversed, amount=cny("5.00"), account=figures("0.00"))
    closed = await office.archive.post(f"{office.path}:close")
    assert (closed.status_code, closed.json()["status"], closed.json()["version"]) == (200, "closed", 2)
    assert [fact for fact, _ in await office.archive.facts()] == ["CustomerRegistered", "CustomerClosed"]
    again = await office.archive.post(f"{office.path}:close")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    changed = await office.archive.send("PATCH", office.path, {"name": "X"}, seen='"2"')
    assert (changed.status_code, changed.json()["code"]) == (409, "customer_closed")


async def test_it_is_not_closed_with_a_delivery_or_an_order_and_orders_go_with_a_merger(office: Office) -> None:
    async def refused() -> tuple[int, str]:
        answer = await office.archive.post(f"{office.path}:close")
        return answer.status_code, answer.json().get("code", "")

    note = DeliveryRecorded.examples[0]["delivery_id"]
    await office.hear(DeliveryRecorded, delivery_id=note, amount=cny("40.00"))
    assert await refused() == (409, "customer_has_deliveries")
    await office.hear(DeliveryCancelled, delivery_id=note, amount=cny("40.00"))
    await office.hear(CreditAuthorized, amount=cny("30.00"))
    assert await refused() == (409, "customer_has_orders")
    mine = {"source_id": office.customer["id"]}
    await office.hear(AuthorizationTransferred, amount=cny("30.00"), **mine)
    assert [one["reserved"] for one in (await office.page())["credit"]] == [cny("0.00")]
    await office.hear(AuthorizationTransferred, amount=cny("70.00"), into_id=office.customer["id"])
    assert [one["reserved"] for one in (await office.page())["credit"]] == [cny("70.00")]
    await office.hear(AuthorizationTransferred, amount=cny("70.00"), **mine)
    assert (await office.archive.post(f"{office.path}:close")).status_code == 200
