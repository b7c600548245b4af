"""Ratings on real PostgreSQL: asked for, by the calendar, when a customer worsens; limits, terms and holds follow."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from credit_svc.consumers.notify import notify
from credit_svc.jobs import review_credit, turn_rating_day
from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoiceIssued, PaymentConfirmed
from dunlin_events.contracts.notify_promises import PromiseBroken, PromiseCorrected
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import one_by_one, tell

POLICY = {"reviews": True, "sets_limits": True, "decides_terms": True, "reason": "by score"}
STATEMENT = {
    "ended_on": "2025-12-31", "currency": "CNY", "source": "audited", "figures": {
        "total_assets": "1000.00", "current_assets": "500.00", "current_liabilities": "300.00",
        "retained_earnings": "200.00", "ebit": "100.00", "equity": "400.00", "total_liabilities": "600.00",
        "sales": "1500.00", "financial_expenses": "25.00"}}
TURN = datetime(2026, 3, 1, 2, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def call(books: Any, path: str, body: Any = None, *, method: str = "POST") -> Any:
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=books.headers())


async def rated(books: Any) -> dict[str, Any]:
    answer = await call(books, f"/customers/{books.customer}/ratings", {})
    assert answer.status_code == 201, answer.text
    return dict((await call(books, f"/customers/{books.customer}/rating", method="GET")).json())


async def adopt(books: Any, **change: Any) -> dict[str, Any]:
    answer = await call(books, "/rating-policies", POLICY | change)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class Trading:
    """Invoices and payments of a customer, with account figures that follow on each other."""

    def __init__(self, books: Any) -> None:
        self.books, self.open, self.unapplied, self.told = books, 0, 0, 0
        self.allocations: list[CreditAllocated] = []

    @property
    def account(self) -> dict[str, Any]:
        return {"open": cny(f"{self.open}.00"), "disputed": cny("0.00"), "unapplied": cny(f"{self.unapplied}.00")}

    async def hear(self, fact: Any) -> None:
        self.told += 1
        await self.books.hear(fact, first=self.told)

    def like(self, contract: Any, **change: Any) -> Any:
        said = {name: value for name, value in contract.examples[0].items() if name != "discount"}
        return contract.model_validate(
            said | {"customer_id": self.books.customer, "account": self.account, **change})

    async def bill(self, amount: int, issued_on: date, days: int = 30) -> InvoiceIssued:
        self.open += amount
        item = {"item_id": new_id(), "due_on": issued_on + timedelta(days=days), "amount": cny(f"{amount}.00")}
        fact: InvoiceIssued = self.like(
            InvoiceIssued, invoice_id=new_id(), issued_on=issued_on, total=cny(f"{amount}.00"), items=[item])
        await self.hear(fact)
        return fact

    async def pay(self, invoice: InvoiceIssued, days_late: int) -> None:
        due_on, amount = invoice.items[0].due_on, int(invoice.total.money.minor) // 100
        self.unapplied += amount
        await self.hear(self.like(PaymentConfirmed, payment_id=new_id(), amount=cny(f"{amount}.00")))
        self.unapplied -= amount
        self.open -= amount
        fact = self.like(
            CreditAllocated, allocation_id=new_id(), invoice_id=invoice.invoice_id, item_id=invoice.items[0].item_id,
            amount=cny(f"{amount}.00"), due_on=due_on, business_on=due_on + timedelta(days=days_late),
            open_after=cny("0.00"))
        self.allocations.append(fact)
        await self.hear(fact)

    async def undo(self, fact: CreditAllocated) -> None:
        amount = fact.amount.money.minor // 100
        self.open += amount
        self.unapplied += amount
        await self.hear(self.like(
            AllocationReversed, allocation_id=fact.allocation_id, invoice_id=fact.invoice_id, item_id=fact.item_id,
            amount=fact.amount, due_on=fact.due_on, open_after=fact.amount))

    async def months(self, *days_late: int, amount: int = 1000) -> None:
        """One invoice a month, the newest due on 2026-02-15."""
        for n, late in reversed(list(enumerate(days_late))):
            await self.pay(await self.bill(amount, date(2026, 1, 16) - timedelta(days=30 * n)), late)


async def work_off(books: Any, at: datetime | None = None) -> None:
    """Move the clock, and let the jobs run that are due."""
    if at is not None:
        await books.service.move_clock(books.tenant, at)
    ops = Database(books.service.urls.ops, source="/dunlin/credit", pool_size=1)
    runner = JobRunner(service="credit", ops=ops, app=books.service.database, handlers={
        one.KIND: one.run for one in (turn_rating_day, review_credit)})
    while await runner.run_one():
        pass
    await ops.close()


async def facts(books: Any, *names: str) -> list[dict[str, Any]]:
    return [{"fact": fact, **payload} for _, fact, payload in await books.service.told(books.tenant) if fact in names]


async def test_on_request_and_explained(books: Any) -> None:
    empty = await call(books, f"/customers/{books.customer}/ratings", {})
    assert (empty.status_code, empty.json()["code"]) == (422, "nothing_to_rate")
    await Trading(books).months(*[0] * 12)
    found = await rated(books)
    rating = found["rating"]
    assert (rating["grade"], rating["ability_score"], rating["policy_version"]) == ("A", None, 1)
    assert rating["score"] == rating["willingness_score"] == sum(one["points"] for one in found["willingness"])
    seen = {one["attribute"]: one["value"] for one in found["willingness"]}
    assert (seen["days_late"], seen["oldest_overdue_days"], seen["tenure_months"]) == (0, 0, 12)
    [limit] = found["limits"]
    assert (limit["move"], limit["stands"], limit["record"]) == ("advised", cny("0.00"), cny("1200.00"))
    assert limit["wanted"] == cny("1000.00") and found["terms"] is None
    stated = await call(books, f"/customers/{books.customer}/financial-statements", STATEMENT)
    assert stated.status_code == 201 and stated.json()["z_score"] == "3.3360"
    with_ability = await rated(books)
    assert with_ability["rating"]["statement_id"] == stated.json()["id"]
    assert with_ability["rating"]["ability_weight_bps"] == 3000 and len(with_ability["ability"]) == 6
    assert with_ability["limits"][0]["capacity"] == cny("40.00") and with_ability["limits"][0]["record"] is None
    assert [one["fact"] for one in await facts(books, "CreditRated", "CreditLimitChanged")] == ["CreditRated"] * 2
    history = (await call(books, f"/customers/{books.customer}/ratings", method="GET")).json()["data"]
    assert [one["id"] for one in history] == [with_ability["rating"]["id"], rating["id"]]
    assert await books.violations() == []


async def test_a_payment_that_was_undone_does_not_count(books: Any) -> None:
    trading = Trading(books)
    await trading.months(0, 0)
    before = (await rated(books))["willingness"]
    await trading.pay(await trading.bill(1000, date(2026, 1, 16)), 14)
    assert (await rated(books))["rating"]["willingness_score"] < sum(one["points"] for one in before)
    await trading.undo(trading.allocations[-1])
    seen = {one["attribute"]: one["value"] for one in (await rated(books))["willingness"]}
    assert (seen["longest_delay_days"], seen["days_late"], seen["oldest_overdue_days"]) == (0, 0, 14)


async def test_a_limit_is_cut_at_once_comes_back_at_once_and_is_raised_with_patience(books: Any) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books, reviews=False)
    assert (await rated(books))["limits"][0]["move"] == "first"
    assert (await rated(books))["limits"][0]["move"] == "kept"
    first = await books.position()
    assert first["positions"][0]["limit"]["amount"] == cny("1000.00")
    late = await trading.bill(900, date(2025, 12, 15), days=30)
    cut = (await rated(books))["limits"][0]
    assert (cut["move"], cut["entitled"]) == ("cut", cny("1000.00")) and cut["stands"] == cut["wanted"]
    await trading.pay(late, 46)
    worse = (await rated(books))
    assert worse["rating"]["grade"] in {"B", "C"} and worse["limits"][0]["move"] in {"cut", "kept", "restored"}
    await trading.undo(trading.allocations[-1])
    paid = trading.like(CreditAllocated, allocation_id=new_id(), credit_kind="credit_note", amount=cny("900.00"),
                        item_id=late.items[0].item_id, invoice_id=late.invoice_id, open_after=cny("0.00"),
                        account={"open": cny("0.00"), "disputed": cny("0.00"), "unapplied": cny("0.00")})
    trading.open = trading.unapplied = 0
    await trading.hear(paid)
    restored = (await rated(books))["limits"][0]
    assert (restored["move"], restored["stands"]) == ("restored", cny("1000.00"))
    for n in range(3):
        await trading.pay(await trading.bill(3000, date(2026, 1, 20) + timedelta(days=n)), 0)
    waits = (await rated(books))["limits"][0]
    assert (waits["move"], waits["stands"]) == ("waits", cny("1000.00"))
    await books.service.move_clock(books.tenant, TURN + timedelta(days=30))
    raised = (await rated(books))["limits"][0]
    assert raised["move"] == "raised" and int(raised["stands"]["amount"][:-3]) > 1000
    sources = [one["source"] for one in await facts(books, "CreditLimitChanged")]
    assert set(sources) == {"policy"} and await books.violations() == []


async def test_an_override_stands_until_it_ends(books: Any) -> None:
    await Trading(books).months(*[0] * 12)
    await adopt(books, reviews=False)
    await rated(books)
    more = {"currency": "CNY", "amount": "1000.01", "reason": "they asked", "valid_until": "2026-03-02"}
    alone = await call(books, f"/customers/{books.customer}/limit", more, method="PUT")
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    await books.limit("50.00", valid_until="2026-03-02")
    kept = (await rated(books))["limits"][0]
    assert (kept["move"], kept["stands"]) == ("overridden", cny("50.00"))
    await books.service.move_clock(books.tenant, datetime(2026, 3, 3, 2, tzinfo=UTC))
    after = (await rated(books))["limits"][0]
    assert (after["move"], after["stands"]) == ("first", cny("1000.00"))


async def test_terms_follow_the_grade_and_a_bad_grade_holds(books: Any) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books, reviews=False)
    assert (await rated(books))["terms"]["due_days"] == 60
    hold = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
            "authorization_days": 30, "reason": "grades", "holds": {
                "overdue_grace_days": None, "limit_exceeded_bps": None, "broken_promise_days": None, "grades": ["E"]}}
    assert (await call(books, "/policies", hold)).status_code == 201
    for n in range(4):
        await trading.pay(await trading.bill(2000, date(2025, 12, 1) + timedelta(days=n)), 50)
    await trading.bill(9000, date(2025, 12, 1))
    found = await rated(books)
    assert (found["rating"]["grade"], found["terms"]["cash_on_delivery"]) == ("E", True)
    assert found["limits"][0]["stands"] == cny("0.00")
    assert (await books.ask("1.00"))["reasons"] == ["on_hold", "no_credit"]
    versions = [(one["version"], one["grade"]) for one in await facts(books, "TermsDecided")]
    assert versions == [(1, "A"), (2, "E")] and await books.violations() == []


async def test_reviews_by_the_calendar_and_when_a_customer_worsens(books: Any) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books)
    await work_off(books)
    [first] = await facts(books, "CreditRated")
    assert (first["cause"], first["previous_grade"]) == ("policy", None)
    await trading.pay(await trading.bill(1000, date(2026, 1, 5)), 20)
    promise = dict(PromiseBroken.examples[0]) | {"customer_id": books.customer, "judged_on": "2026-03-01"}
    await tell(books.service.database, notify, books.tenant, PromiseBroken.model_validate(promise))
    await work_off(books)
    causes = [one["cause"] for one in await facts(books, "CreditRated")]
    assert causes == ["policy", "worsened"]
    await call(books, f"/customers/{books.customer}/financial-statements", STATEMENT)
    await work_off(books)
    grade = (await facts(books, "CreditRated"))[-1]["grade"]
    days = {"A": 365, "B": 180, "C": 90, "D": 30, "E": 30}[grade]
    await work_off(books, TURN + timedelta(days=days - 1))
    assert len(await facts(books, "ReviewDue")) == 2
    await work_off(books, TURN + timedelta(days=days))
    due = [one["cause"] for one in await facts(books, "ReviewDue")]
    assert due == ["worsened", "statement", "periodic"]
    assert await books.violations() == []


async def test_a_rating_is_made_again_at_the_turn_of_the_day_where_what_it_rests_on_moved_and_only_there(
    books: Any,
) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books)
    await work_off(books)
    await trading.pay(await trading.bill(1000, date(2026, 1, 14)), 14)
    await work_off(books)
    assert [one["cause"] for one in await facts(books, "CreditRated")] == ["policy"]
    await work_off(books, datetime(2026, 3, 1, 16, tzinfo=UTC))
    first, second = await facts(books, "CreditRated")
    assert (second["cause"], second["rated_on"]) == ("moved", "2026-03-02") and second["score"] < first["score"]
    trading.unapplied += 1
    await trading.hear(trading.like(PaymentConfirmed, payment_id=new_id(), amount=cny("1.00")))
    for turn in (2, 3):
        await work_off(books, datetime(2026, 3, turn, 16, tzinfo=UTC))
    assert len(await facts(books, "CreditRated")) == 2 and await facts(books, "ReviewDue") == []


async def test_once_nothing_is_left_to_rate_the_rating_stands_and_the_calendar_asks_no_more(books: Any) -> None:
    await adopt(books, scorecards={"fresh_days": 0, "stale_days": 63})
    await call(books, f"/customers/{books.customer}/financial-statements", STATEMENT)
    await work_off(books)
    before = await facts(books, "CreditRated")
    [planned] = (await call(books, "/reviews", method="GET")).json()["data"]
    assert (planned["cause"], planned["rated_on"]) == ("periodic", "2026-03-01")
    await work_off(books, datetime(2026, 3, 4, 16, tzinfo=UTC))
    await Trading(books).bill(1000, date(2026, 3, 5))
    await work_off(books, datetime(2026, 3, 6, 16, tzinfo=UTC))
    assert (await call(books, "/reviews", method="GET")).json()["data"] == []
    assert await facts(books, "CreditRated") == before


async def test_who_never_paid_is_rated_as_soon_as_something_is_past_due(books: Any) -> None:
    await books.limit("100000.00")
    await adopt(books)
    await Trading(books).bill(50_000, date(2026, 2, 9), days=30)
    await work_off(books, datetime(2026, 3, 10, 16, tzinfo=UTC))
    assert await facts(books, "CreditRated") == []
    await work_off(books, datetime(2026, 3, 11, 16, tzinfo=UTC))
    [first] = await facts(books, "CreditRated")
    assert (first["cause"], first["rated_on"]) == ("policy", "2026-03-12")
    assert (await books.position())["positions"][0]["limit"]["amount"] == cny("0.00")
    assert (await books.ask("40000.00"))["reasons"] == ["no_credit"]
    await work_off(books, datetime(2026, 3, 26, 16, tzinfo=UTC))
    assert [one["cause"] for one in await facts(books, "CreditRated")] == ["policy", "worsened"]


async def test_time_alone_cuts_a_limit_and_what_cures_it_brings_it_back(books: Any) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books)
    await work_off(books)
    item = await trading.bill(900, date(2026, 1, 20), days=31)
    await work_off(books, datetime(2026, 3, 6, 16, tzinfo=UTC))
    assert [one["cause"] for one in await facts(books, "CreditRated")] == ["policy", "moved"]
    await work_off(books, datetime(2026, 3, 7, 16, tzinfo=UTC))
    assert [one["cause"] for one in await facts(books, "CreditRated")] == ["policy", "moved", "worsened"]
    cut = (await call(books, f"/customers/{books.customer}/rating", method="GET")).json()["limits"][0]
    assert (cut["move"], cut["oldest_overdue_days"], cut["entitled"]) == ("cut", 16, cny("1000.00"))
    assert cut["bound_by"] == ["need", "grade"]
    [why, *_] = (await call(books, f"/customers/{books.customer}/limits?currency=CNY", method="GET")).json()["data"]
    assert why["reason"].startswith("cut by the policy, grade C, bound by grade (oldest_overdue_days, ")
    trading.open -= 900
    await trading.hear(trading.like(
        CreditAllocated, allocation_id=new_id(), credit_kind="credit_note", amount=cny("900.00"),
        item_id=item.items[0].item_id, invoice_id=item.invoice_id, open_after=cny("0.00")))
    await work_off(books, datetime(2026, 3, 8, 16, tzinfo=UTC))
    found = (await call(books, f"/customers/{books.customer}/rating", method="GET")).json()
    assert (found["rating"]["cause"], found["limits"][0]["move"]) == ("cured", "restored")
    assert found["limits"][0]["stands"] == cny("1000.00")
    await work_off(books, datetime(2026, 3, 12, 16, tzinfo=UTC))
    assert len(await facts(books, "ReviewDue")) == 2
    assert {one["id"] for one in await books.violations()} == {"I8"}


async def limit_move(books: Any) -> tuple[str, str, str]:
    found = (await call(books, f"/customers/{books.customer}/rating", method="GET")).json()
    [limit] = found["limits"]
    return found["rating"]["cause"], limit["move"], limit["stands"]["amount"]


async def test_a_cut_comes_back_at_once_when_what_it_was_for_is_put_right(books: Any) -> None:
    trading = Trading(books)
    await trading.months(*[0] * 12)
    await adopt(books)
    await work_off(books)
    promises = [new_id(), new_id()]
    for judged, fact in ((1, PromiseBroken), (3, PromiseCorrected)):
        said = [dict(fact.examples[0]) | {"customer_id": books.customer, "promise_id": one} for one in promises]
        await tell(books.service.database, notify, books.tenant, *map(fact.model_validate, said), first=judged)
        await work_off(books)
        expected = ("worsened", "cut", "780.00") if fact is PromiseBroken else ("cured", "restored", "1000.00")
        assert await limit_move(books) == expected
    late = await trading.bill(900, date(2026, 1, 20), days=31)
    await work_off(books, datetime(2026, 3, 7, 16, tzinfo=UTC))
    assert (await limit_move(books))[:2] == ("worsened", "cut")
    await trading.pay(late, 12)
    await work_off(books)
    assert (await limit_move(books))[0] == "cured"
    assert await books.violations() == []


async def test_many_ratings_at_once_set_one_limit(books: Any) -> None:
    trading = Trading(books)
    await trading.months(0, 0, 0)
    await adopt(books, reviews=False)
    answers = await asyncio.gather(
        *(call(books, f"/customers/{books.customer}/ratings", {}) for _ in range(4)),
        *(books.ask("1.00") for _ in range(3)), trading.bill(100, date(2026, 2, 20)),
        books.limit("700.00", valid_until="2026-06-30"))
    assert {one.status_code for one in answers[:4]} == {201}
    assert await books.violations() == []
    assert len(await facts(books, "CreditRated")) == 4


async def test_policies_of_ratings(books: Any) -> None:
    first = (await call(books, "/rating-policies/current", method="GET")).json()
    assert (first["version"], first["sets_limits"], first["grades"][4]["from_score"]) == (1, False, None)
    second = await adopt(books, scores={"a": 800, "b": 700, "c": 600, "d": 400}, engine={
        "risk_budget": [cny("10.00")], "ladder_figures": 3}, scorecards={"ability_weight_bps": 0})
    third = await adopt(books, effective_from="2026-04-01")
    same = {name: value for name, value in second.items() if name not in {"version", "effective_from"}}
    assert same == {name: third[name] for name in same} and same["engine"]["risk_budget"] == [cny("10.00")]
    assert (await call(books, "/rating-policies/current", method="GET")).json()["version"] == 2
    listed = await one_by_one(books.service.client, "/credit/v1/rating-policies", books.headers())
    assert [one["version"] for one in listed] == [3, 2, 1]
