"""Thousands of steps in any order a clerk may think of: after each one the ledger answers what naive books answer."""

import pytest
from books_office import Office
from credit_steps import CreditSteps
from dispute_steps import DisputeSteps
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from payment_steps import PaymentSteps

STEPS_A_RUN = 50
MUST_HAPPEN = {
    "issue", "void", "pay", "pay: share", "pay_item: share", "apply", "undo", "reverse", "lock", "ask_the_past",
    "credit", "credit: share", "cancel", "refund", "dispute", "settle"}
RARELY = {"refund_back"}


class Books(PaymentSteps, CreditSteps, DisputeSteps):
    """All steps together."""


@pytest.mark.timeout(7200)
def test_any_order_of_facts_ends_where_naive_books_end(office: Office, request: pytest.FixtureRequest) -> None:
    steps: int = request.config.getoption("--steps")
    machine = type("Machine", (Books,), {"office": office})
    run_state_machine_as_test(machine, settings=settings(
        max_examples=max(1, steps // STEPS_A_RUN * 2), stateful_step_count=STEPS_A_RUN, deadline=None, database=None,
        derandomize=steps <= 1_000, report_multiple_bugs=False, suppress_health_check=list(HealthCheck)))
    print(dict(sorted(office.done.items())))
    wanted = MUST_HAPPEN | (RARELY if steps > 1_000 else set())
    assert set(office.done) >= wanted, f"never happened: {wanted - set(office.done)}"
