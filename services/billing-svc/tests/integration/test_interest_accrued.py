"""Interest that accrues day by day is told at the turn of the day and after a run, and only where it has changed."""

from datetime import date
from typing import Any
from uuid import UUID

from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.usecases.accrue_interest import accrue_interest
from dunlin_kit.testing import work_off

CONTRACT = {"name": "contract", "margin": "12", "day_base": 360}


async def owing(company: Any) -> UUID:
    """Owes 4,520.00 since 4 February, at 12 % a year of 360 days: 1.5067 a day."""
    answer = await company.send("PUT", "/interest-policy", {"rules": [CONTRACT]}, If_Match='"0"')
    assert answer.status_code == 200, answer.text
    who: UUID = await company.register()
    await company.issue(who, "4520", "2026-01-05", rate="0")
    return who


async def turn(company: Any, day: str, most: int = 50) -> None:
    await company.clock(day)
    while await company.running.database.transact(
            company.tenant, lambda tx: accrue_interest(tx, date.fromisoformat(day), most)):
        continue


async def told(company: Any) -> list[tuple[str, str]]:
    return [(said["amount"]["amount"], said["to_on"]) for _, fact, said in await company.running.told(company.tenant)
            if fact == "InterestAccrued"]


async def sound(company: Any) -> bool:
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def test_it_accrues_by_the_day_until_it_is_charged(company: Any) -> None:
    await owing(company)
    await turn(company, "2026-02-04")
    assert await told(company) == []
    for day in ("2026-03-06", "2026-03-06", "2026-03-07"):
        await turn(company, day)
    assert await told(company) == [("45.20", "2026-03-06"), ("46.71", "2026-03-07")]
    run = await company.send("POST", "/interest-runs", {"to_on": "2026-03-06"})
    assert run.status_code == 202, run.text
    await work_off(company.running, company.tenant, {"charge_interest": charge_interest})
    assert (await told(company))[2:] == [("1.51", "2026-03-07")]
    assert await sound(company)


async def test_money_that_came_earlier_takes_it_back_and_two_accounts_take_two_slices(company: Any) -> None:
    who = await owing(company)
    other = await company.register()
    await company.issue(other, "3600", "2026-01-05", rate="0")
    await turn(company, "2026-03-06", most=1)
    assert sorted(await told(company)) == [("36.00", "2026-03-06"), ("45.20", "2026-03-06")]
    await company.pay(who, "4520.00", "2026-02-04", allocation="oldest_first")
    await turn(company, "2026-03-07")
    assert sorted((await told(company))[2:]) == [("0.00", "2026-03-07"), ("37.20", "2026-03-07")]
    assert await sound(company)
