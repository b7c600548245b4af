"""Thousands of steps in any order a clerk may think of: after each one the ledger answers what naive books answer."""

import asyncpg
import pytest
from bill_steps import BillSteps
from books_office import Office
from compensation_steps import CompensationSteps
from dispute_steps import DisputeSteps
from exchange_steps import ExchangeSteps
from merger_steps import MergerSteps
from pending_steps import PendingSteps
from seldom_steps import SeldomSteps
from stepping import run

from billing_svc.domain.ledger import FactKind
from dunlin_events.catalogue import facts
from dunlin_events.contracts.billing import MoneyFact
from dunlin_events.contracts.billing_arrangements import ArrangementFact

STEPS_A_RUN = 100
RULES = {
    "InvoiceIssued": "issue", "InvoiceVoided": "void", "InvoiceSettled": "pay", "FeeCharged": "fee",
    "InterestCharged": "interest", "InterestWaived": "let_go", "FeeWaived": "waive_fee", "DebtWrittenOff": "write_off",
    "DebtRecovered": "recover", "RecoveryReversed": "find_and_lose_again",
    "WriteOffReversed": "take_back", "PaymentConfirmed": "pay",
    "PaymentReversed": "reverse", "CreditNoteIssued": "credit", "CreditNoteCancelled": "cancel",
    "DifferenceClosed": "close", "DifferenceReversed": "open_again", "RefundPaid": "refund",
    "RefundReversed": "refund_back", "RefundReclaimed": "return_refunded", "CreditExchanged": "exchange",
    "CreditExchangeReversed": "exchange_back",
    "CreditTransferred": "merge", "DebtTransferred": "merge", "CompensationReceived": "compensate",
    "CompensationShared": "pass_on", "CompensationReversed": "claim_back", "CreditAllocated": "apply",
    "AllocationReversed": "undo", "BillReceived": "take_bill", "BillHeld": "take_bill", "BillDishonoured": "dishonour",
    "DisputeOpened": "dispute", "DisputeSettled": "settle", "ArrangementAgreed": "agree",
    "ArrangementRevised": "revise", "ArrangementAdvanced": "pay_first_part", "ArrangementCompleted": "turn_the_day",
    "ArrangementDefaulted": "turn_the_day", "ArrangementReinstated": "miss_a_part_and_have_paid_it"}
"""Every money fact, and every fact of an arrangement, each with a step that brings it about."""
MUST_HAPPEN = {
    "lock", "ask_the_past", "pay_item", "let_off", "confirm", "reject", "return_fee", "waive_again", "give_back",
    "discount_back"}


class Books(SeldomSteps, PendingSteps, DisputeSteps, ExchangeSteps, MergerSteps, CompensationSteps, BillSteps):
    """All steps together."""

    awaited = frozenset(RULES.values()) | MUST_HAPPEN | {
        "credit_early_paid", "pay_in_time_after_all", "waive_paid_fee"}


def test_every_money_fact_has_a_step() -> None:
    assert set(RULES) == {fact.__name__ for fact in facts() if issubclass(fact, MoneyFact | ArrangementFact)}
    assert {"".join(map(str.title, kind.value.split("_"))) for kind in FactKind} <= set(RULES)
    assert all(hasattr(Books, step) for step in RULES.values())


@pytest.mark.timeout(7200)
def test_any_order_of_facts_ends_where_naive_books_end(office: Office, request: pytest.FixtureRequest) -> None:
    steps, seed = request.config.getoption("--steps"), request.config.getoption("--seed")
    machine = type("Machine", (Books,), {"office": office})
    for one in range(max(1, steps // STEPS_A_RUN)):
        run(machine, f"{seed}/{one}", STEPS_A_RUN)
    missed = (Books.awaited - set(office.done)) | (set(RULES) - office.run(_facts_told(office)))
    print(dict(sorted(office.done.items())), "never happened:", sorted(missed))
    assert not missed or steps < 1_000, f"never happened: {missed}"


async def _facts_told(office: Office) -> set[str]:
    connection = await asyncpg.connect(office.billing.urls.ops)
    try:
        return {row["type"].split(".")[2] for row in await connection.fetch("SELECT DISTINCT type FROM outbox_event")}
    finally:
        await connection.close()
