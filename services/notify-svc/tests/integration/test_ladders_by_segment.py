"""Several ladders on the desk: a class that changes plans the items by another ladder, and repeats nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dunlin_events.contracts.credit_rating import CreditRated
from dunlin_events.contracts.customer_relationship import CustomerClassified
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.domain.ladder import LADDER_K, LetterTone, Level
from notify_svc.domain.ladder_choice import LadderRule

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
STRICT = replace(LADDER_K, levels=(Level(1, LetterTone.FIRM), Level(5, LetterTone.FINAL, "FEE-5")), gap_days=2)


async def strict_for_chronic(desk: Any) -> None:
    async def work(tx: Transaction) -> None:
        await usecases.set_ladder(tx, "strict", STRICT, expected_version=0)
        await tx.flush()
        rule = LadderRule("strict", dimension="payment_behaviour", value="chronic")
        await usecases.set_ladder_selection(tx, (rule,), expected_version=1)

    await desk.database.transact(desk.tenant, work)
    await desk.work()


async def classify(desk: Any, value: str) -> None:
    [row] = await desk.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", desk.tenant)
    await tell(desk.database, customer, desk.tenant, CustomerClassified.model_validate(
        CustomerClassified.examples[0] | {"customer_id": desk.customer, "value": value}), at=row["clock_at"])
    await desk.work()


async def test_a_class_that_changes_plans_by_another_ladder(desk: Any) -> None:
    await strict_for_chronic(desk)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    await classify(desk, "chronic")
    await desk.turn_to(date(2026, 2, 20))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [("02-01", 0), ("02-05", 0), ("02-09", 1)]
    sent = await desk.facts("ReminderSent")
    assert [(fact["policy_version"], fact["fee_code"]) for fact in sent] == [(1, None), (2, None), (2, "FEE-5")]


async def test_what_the_other_ladder_sent_is_not_repeated_when_the_class_changes_back(desk: Any) -> None:
    await strict_for_chronic(desk)
    await classify(desk, "chronic")
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 10))
    await classify(desk, "on_time")
    await desk.turn_to(date(2026, 2, 25))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [("02-05", 0), ("02-09", 1), ("02-19", 2)]


async def test_a_grade_that_changes_plans_by_another_ladder_and_the_same_one_by_none(desk: Any) -> None:
    await strict_for_chronic(desk)

    async def by_grade(tx: Transaction) -> None:
        await usecases.set_ladder_selection(tx, (LadderRule("strict", grade="D"),), expected_version=2)

    await desk.database.transact(desk.tenant, by_grade)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    for grade in ("D", "D", "B"):
        await tell(desk.database, credit, desk.tenant, CreditRated.model_validate(
            CreditRated.examples[0] | {"customer_id": desk.customer, "grade": grade}),
            at=datetime(2026, 1, 5, 2, tzinfo=UTC))
        await desk.work()
    planned = [(fact["policy_version"], fact["planned_on"]) for fact in await desk.facts("ReminderScheduled")]
    assert planned == [(1, "2026-02-01"), (2, "2026-02-05"), (1, "2026-02-01")]


async def test_a_new_selection_plans_all_open_items_anew(desk: Any) -> None:
    await classify(desk, "chronic")
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await strict_for_chronic(desk)
    scheduled = await desk.facts("ReminderScheduled")
    assert [(fact["policy_version"], fact["planned_on"]) for fact in scheduled] == [
        (1, "2026-02-01"), (2, "2026-02-05")]
