"""Ageing by what customers have in common: each part sums what its customers owe, and all tie to the journal."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer import CustomerUpdated
from dunlin_events.contracts.customer_groups import CustomerGroupChanged
from dunlin_events.contracts.customer_relationship import CustomerClassified, CustomerOwnerChanged, Dimension
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

DAY = "2026-03-21"
JANUARY, MARCH = datetime(2026, 1, 5, 2, tzinfo=UTC), datetime(2026, 3, 14, 16, 30, tzinfo=UTC)


async def trader(
    company: Any, number: str, owner: str | None, size: str | None, *, at: datetime = JANUARY,
) -> UUID:
    who: UUID = await company.register(number=number)
    told: list[Any] = [CustomerGroupChanged(customer_id=who, group_id=new_id(), group_number=f"G-{number[-1]}")]
    if owner:
        told.append(CustomerOwnerChanged(customer_id=who, owner_id=new_id(), owner_code=owner))
    if size:
        told += [CustomerClassified.model_validate(dict(CustomerClassified.examples[0]) | {
            "customer_id": who, "dimension": dimension, "value": value, "previous": None, "effective_on": "2026-01-05"})
            for dimension, value in ((Dimension.SIZE, "small"), (Dimension.SIZE, size), (Dimension.ABC, "A"))]
    await tell(company.running.database, customer, company.tenant, *told, first=2, at=at)
    return who


@pytest.fixture
async def traders(company: Any) -> list[UUID]:
    """Three customers: 100, 200 and 400 owed since January; the last has 50 unapplied."""
    found = [await trader(company, f"C-00000{n}", *more) for n, more in enumerate(
        (("S-LI", "large"), ("S-LI", None), (None, "large")), 1)]
    for who, net in zip(found, ("100", "200", "400"), strict=True):
        await company.issue(who, net, "2026-01-05", rate="0")
    await company.clock(DAY)
    await company.pay(found[2], "50.00", DAY, allocation="none")
    return found


async def parts(company: Any, query: str) -> list[tuple[str | None, int, str, str, str, int]]:
    report = await company.get(f"/ageing-breakdown?{query}")
    assert [total["receivable_control"]["amount"] for total in report["totals"]] == ["700.00"]
    return [(one["value"], one["customers"], one["receivables"]["amount"], one["overdue"]["amount"],
             one["net"]["amount"], one["share_bps"]) for one in report["data"]]


A_ALL = ("700.00", "700.00", "650.00", 10000)


@pytest.mark.parametrize(("dimension", "expected"), [
    ("owner", [(None, 1, "400.00", "400.00", "350.00", 5714), ("S-LI", 2, "300.00", "300.00", "300.00", 4285)]),
    ("size", [("large", 2, "500.00", "500.00", "450.00", 7142), (None, 1, "200.00", "200.00", "200.00", 2857)]),
    ("group", [("G-3", 1, "400.00", "400.00", "350.00", 5714), ("G-2", 1, "200.00", "200.00", "200.00", 2857),
               ("G-1", 1, "100.00", "100.00", "100.00", 1428)]),
    ("region", [("CN-BJ", 3, *A_ALL)]), ("industry", [("trade", 3, *A_ALL)]), ("currency", [("CNY", 3, *A_ALL)]),
    ("type", [(None, 3, *A_ALL)])])
async def test_customers_count_together_by_what_they_have_in_common(
    company: Any, traders: list[UUID], dimension: str, expected: list[Any],
) -> None:
    for form in ("", f"&as_of={DAY}", "&basis=invoice_date", "&basis=arranged"):
        assert await parts(company, f"dimension={dimension}{form}") == expected, form


async def test_a_past_day_and_page_by_page(company: Any, traders: list[UUID]) -> None:
    past = await company.get("/ageing-breakdown?dimension=owner&as_of=2026-02-10")
    shown = [(one["value"], {each["name"]: each["amount"]["amount"] for each in one["buckets"] if each["items"]})
             for one in past["data"]]
    assert shown == [(None, {"1_30": "400.00"}), ("S-LI", {"1_30": "300.00"})]
    assert [one["net"]["amount"] for one in past["data"]] == ["400.00", "300.00"]
    seen = [one["value"] for one in await company.rows("/ageing-breakdown?dimension=group&limit=1")]
    assert seen == ["G-3", "G-2", "G-1"]
    assert (await company.get("/ageing-breakdown?dimension=owner&currency=USD"))["data"] == []


async def moved(company: Any, who: UUID) -> None:
    """On 15 March, in the tenant's zone half an hour after midnight, it goes to another owner, group, region and
    industry; its size is told that day, and counts from 1 March on."""
    region = CustomerUpdated.model_validate(dict(CustomerUpdated.examples[0]) | {
        "customer_id": who, "region": "CN-SH", "industry": "steel"})
    size = CustomerClassified.model_validate(dict(CustomerClassified.examples[0]) | {
        "customer_id": who, "dimension": Dimension.SIZE, "value": "small", "effective_on": "2026-03-01"})
    await tell(company.running.database, customer, company.tenant, region, region, size,
               CustomerOwnerChanged(customer_id=who, owner_id=None, owner_code=None),
               CustomerGroupChanged(customer_id=who, group_id=new_id(), group_number="G-9"), first=9, at=MARCH)


KNOWN_BEFORE = "&known_at=2026-03-14T16:29:00Z"
BELONGS = {"owner": ("S-LI", None, "S-LI", None), "group": ("G-1", "G-9", "G-2", "G-3"),
           "region": ("CN-BJ", "CN-SH", "CN-BJ", "CN-BJ"), "industry": ("trade", "steel", "trade", "trade"),
           "size": ("large", "small", None, "large")}
"""By dimension: where the first customer was and went, and where the others are."""


@pytest.mark.parametrize("dimension", [*BELONGS])
async def test_a_customer_counts_where_it_belonged_on_the_day(
    company: Any, traders: list[UUID], dimension: str,
) -> None:
    await moved(company, traders[0])
    was, went, *others = BELONGS[dimension]
    began, day_before = ("2026-03-01", "2026-02-28") if dimension == "size" else ("2026-03-15", "2026-03-14")
    for query, value in (
            ("", went), (f"&as_of={began}", went), (f"&as_of={day_before}", was), ("&as_of=2026-01-05", was),
            (KNOWN_BEFORE, was), (f"&as_of={began}{KNOWN_BEFORE}", was)):
        report = await company.get(f"/ageing-breakdown?dimension={dimension}{query}")
        expected: Counter[str | None] = Counter()
        for one, owed in zip((value, *others), (100, 200, 400), strict=True):
            expected[one] += owed
        assert {one["value"]: Decimal(one["receivables"]["amount"]) for one in report["data"]} == expected, query


async def test_a_row_of_the_report_names_who_answered_then(company: Any, traders: list[UUID]) -> None:
    await moved(company, traders[0])
    for query, owner in (("", None), ("&as_of=2026-03-14", "S-LI"), (KNOWN_BEFORE, "S-LI")):
        report = await company.get(f"/ageing?customer_id={traders[0]}{query}")
        assert [one["owner_code"] for one in report["data"]] == [owner], query


async def test_the_report_of_an_owner_is_of_whom_that_one_answered_for_then(company: Any, traders: list[UUID]) -> None:
    await moved(company, traders[0])
    both, second = ["C-000002", "C-000001"], ["C-000002"]
    for query, found in (("", second), ("&basis=arranged", second), ("&as_of=2026-03-14", both),
                         ("&as_of=2026-03-14&basis=invoice_date", both), (KNOWN_BEFORE, both)):
        report = await company.get(f"/ageing?owner=S-LI&sort=-receivables{query}")
        assert [one["number"] for one in report["data"]] == found, query
        (total,) = report["totals"]
        assert total["receivable_control"]["amount"] == ("300.00" if found == both else "200.00"), query
    assert (await company.get("/ageing?owner=S-NO"))["totals"] == []


async def test_before_the_archive_knew_a_customer_it_counted_under_nothing(company: Any, traders: list[UUID]) -> None:
    report = await company.get("/ageing-breakdown?dimension=region&as_of=2026-01-05")
    assert [one["value"] for one in report["data"]] == ["CN-BJ"]
    late = await trader(company, "C-000009", "S-LI", None, at=MARCH)
    await company.issue(late, "300", "2026-02-01", rate="0")
    report = await company.get("/ageing-breakdown?dimension=owner&as_of=2026-03-14")
    assert {one["value"]: one["receivables"]["amount"] for one in report["data"]} == {None: "700.00", "S-LI": "300.00"}
