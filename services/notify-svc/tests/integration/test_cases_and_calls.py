"""Collecting on the desk: cases by rule, silence in court, levels that call, outcomes, and races."""

import asyncio
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.call import CallOutcome
from notify_svc.domain.collection_case import CaseAction, CaseStage
from notify_svc.domain.ladder import LADDER_K, LetterTone, Level, LevelChannel
from notify_svc.usecases.advance_case import AdvanceCase
from notify_svc.usecases.log_call import LogCall
from notify_svc.usecases.make_promise import MakePromise
from notify_svc.usecases.open_case import OpenCase

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
CALLING = replace(LADDER_K, levels=(
    Level(3, LetterTone.FRIENDLY), Level(10, LetterTone.FIRM, channel=LevelChannel.CALL), Level(20, LetterTone.FINAL)))


async def do(desk: Any, use_case: Any, *arguments: Any, **named: Any) -> Any:
    async def work(tx: Transaction) -> Any:
        return await use_case(tx, *arguments, **named)

    return await desk.database.transact(desk.tenant, work)


async def cases_told(desk: Any) -> list[tuple[str, str]]:
    facts = await desk.facts("CaseOpened", "CaseAdvanced", "CaseClosed")
    return [(fact["fact"], fact.get("reason") or fact["stage"]) for fact in facts]


async def test_an_old_debt_opens_a_case_once_and_money_closes_it(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 4, 5))
    assert await cases_told(desk) == []
    await desk.turn_to(date(2026, 4, 8))
    assert await cases_told(desk) == [("CaseOpened", "chronic")]
    await desk.allocate("INV1", "0.00")
    await desk.turn_to(date(2026, 4, 10))
    assert await cases_told(desk) == [("CaseOpened", "chronic"), ("CaseClosed", "settled")]
    [entry, _] = await desk.rows('SELECT kind, "on", by FROM case_entry ORDER BY id')
    assert entry == {"kind": "opened", "on": date(2026, 4, 5), "by": "system"}


async def test_in_court_no_reminder_leaves(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.employ("S-17")
    case = await do(desk, usecases.open_case, OpenCase(desk.customer, "S-17", None, None, None))
    suit = AdvanceCase(case.id, 1, CaseStage.SUIT, "S-17", CaseAction.DECIDE, date(2026, 2, 20), "filed")
    await do(desk, usecases.advance_case, suit)
    await desk.turn_to(date(2026, 2, 2))
    assert [fact["reason"] for fact in await desk.facts("ReminderSuppressed")] == ["legal"]
    await do(desk, usecases.close_case, case.id, reason="agreed", note=None)
    await desk.turn_to(date(2026, 2, 3))
    assert [day for day, _ in await desk.sent()] == ["02-02"]
    assert await cases_told(desk) == [("CaseOpened", "by_hand"), ("CaseAdvanced", "suit"), ("CaseClosed", "agreed")]


async def test_a_level_that_calls_makes_one_task_and_the_ladder_goes_on(desk: Any) -> None:
    await do(desk, usecases.set_ladder_policy, CALLING, expected_version=1)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 3, 1))
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [("02-07", 0), ("02-24", 2)]
    [task] = await desk.rows("SELECT reason, due_on, outcome FROM call_task")
    assert task == {"reason": "ladder", "due_on": date(2026, 2, 14), "outcome": None}
    [message] = await desk.rows("SELECT status, level FROM message WHERE channel = 'call'")
    assert message == {"status": "sent", "level": 1}


async def test_a_call_ends_in_a_promise_and_who_was_not_reached_is_called_again(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 10))
    task = await do(desk, usecases.plan_call, desk.customer, due_on=date(2026, 2, 10), note=None)
    await do(desk, usecases.log_call, LogCall(task.id, CallOutcome.NOT_REACHED, None, None))
    [again] = await desk.rows("SELECT id, due_on, attempt FROM call_task WHERE outcome IS NULL")
    assert (again["due_on"], again["attempt"]) == (date(2026, 2, 11), 2)
    made = MakePromise(desk.customer, Money.parse("100.00", "CNY"), date(2026, 2, 20), 0, frozenset({item}), None)
    logged = await do(desk, usecases.log_call, LogCall(again["id"], CallOutcome.PROMISE, "will pay", made))
    calls = await desk.facts("CallLogged")
    assert [(fact["outcome"], fact["promise_id"]) for fact in calls] == [
        ("not_reached", None), ("promise", str(logged.promise_id))]
    assert len(await desk.facts("PromiseMade")) == 1


async def test_of_two_who_log_one_call_one_is_refused_and_its_promise_is_not_made(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    task = await do(desk, usecases.plan_call, desk.customer, due_on=DUE, note=None)
    made = MakePromise(desk.customer, Money.parse("10.00", "CNY"), DUE, 0, frozenset({item}), None)
    log = partial(do, desk, usecases.log_call, LogCall(task.id, CallOutcome.PROMISE, None, made))
    ends = await asyncio.gather(*(log() for _ in range(4)), return_exceptions=True)
    assert sorted(end.code for end in ends if isinstance(end, DomainError)) == ["promise_running"] * 3
    assert len(await desk.facts("CallLogged")) == len(await desk.facts("PromiseMade")) == 1


async def test_of_many_who_open_a_case_one_does(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    opening = partial(do, desk, usecases.open_case, OpenCase(desk.customer, None, None, None, None))
    ends = await asyncio.gather(*(opening() for _ in range(5)), return_exceptions=True)
    assert [end.code for end in ends if isinstance(end, DomainError)] == ["case_open_already"] * 4
