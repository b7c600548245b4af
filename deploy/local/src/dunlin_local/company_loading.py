"""Load the demonstration company: 90 days of its life, day by day, beside everything else, and once."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dunlin_local.company_crowd import DAYS, CrowdDay, Deal, Member, crowd
from dunlin_local.company_stories import STORIES
from dunlin_local.company_words import Company

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2025, 10, 1)
OPENS = time(10)
STAFF = (("S-LI", "李经理", "S-WANG"), ("S-WANG", "王经理", "S-LI"), ("S-CHEN", "陈经理", "S-LI"))
RATES = {"USD": (71_000, 25), "EUR": (82_500, -40)}
"""Yuan for one unit in ten-thousandths on the first day, and by how much they move each week."""
CREDIT_POLICY = {
    "disputed_weight_bps": 10_000, "delivered_weight_bps": 10_000, "over_capture_tolerance_bps": 500,
    "authorization_days": 30, "reason": "holds and alerts of the demonstration",
    "holds": {"overdue_grace_days": 30, "limit_exceeded_bps": 1_000, "broken_promise_days": 30},
    "alerts": {"ageing_days": [30, 60], "concentration_bps": 2_000, "silence_days": 60, "cover_end_days": 30},
}
"""More than 30 days past due, a tenth above the limit, or a broken promise: no new credit."""


RATING_POLICY = {
    "reviews": True, "sets_limits": False, "decides_terms": False,
    "reason": "grades of the demonstration; persons set limits and terms"}
AWAY = ("S-WANG", 89, 100)
"""Who is away at the end, from which day to which: the deputy is shown the rows of both."""


def begins() -> datetime:
    """The instant at which the company's clock stands before its first day's work."""
    return datetime.combine(FIRST, OPENS, ZONE)


async def load(company: Company, first: int, done: Callable[[int], None]) -> None:
    """Live the days from number `first` on; `done` is told each number when its day is over. Raises CompanyError.

    A day that was broken off is begun anew: what was done of it has its keys, and is not done twice.
    """
    people = crowd()
    for day in range(first, DAYS):
        company.begin(FIRST + timedelta(days=day))
        await _prepare(company, day)
        for story in STORIES:
            await story.on(day, company)
        await _live(company, people.get(day, CrowdDay()))
        await company.quiet()
        turn = datetime.combine(company.today + timedelta(days=1), time(), ZONE)
        await company.advance(turn)
        await company.advance(datetime.combine(turn.date(), OPENS, ZONE))
        done(day + 1)


async def _prepare(company: Company, day: int) -> None:
    if day == 0:
        for code, name, _ in STAFF:
            await company.post("/customer/v1/staff", {
                "id": company.id_of(code), "code": code, "name": name, "language": "zh",
                "email": f"{code.lower()}@example.com"})
        for code, _, deputy in STAFF:
            await company.patch(f"/customer/v1/staff/{company.id_of(code)}", {"deputy_id": company.id_of(deputy)})
        away, first, last = AWAY
        await company.post(f"/customer/v1/staff/{company.id_of(away)}/absences", {
            "from_on": (FIRST + timedelta(days=first)).isoformat(),
            "until_on": (FIRST + timedelta(days=last)).isoformat()})
        await company.post("/credit/v1/policies", CREDIT_POLICY)
        await company.post("/credit/v1/rating-policies", RATING_POLICY)
    if day % 7 == 0:
        for currency, (start, step) in RATES.items():
            rate = start + step * (day // 7)
            await company.post("/billing/v1/exchange-rates", {
                "currency": currency, "rate": f"{rate // 10_000}.{rate % 10_000:04}",
                "valid_on": company.today.isoformat(), "source": "demonstration"})


async def _live(company: Company, day: CrowdDay) -> None:
    for member in day.joining:
        await _join(company, member)
    if day.billed:
        invoices = [_invoice(company, deal) for deal in day.billed]
        await company.post("/billing/v1/invoices:batch", {"invoices": invoices})
    for deal in day.paid:
        amount = f"{deal.gross_minor // 100}.{deal.gross_minor % 100:02}"
        await company.pay(deal.member.number, f"{deal.name}-P", amount, currency=deal.member.currency,
                          allocation="remittance", remittance=[deal.name])


async def _join(company: Company, member: Member) -> None:
    await company.register(
        member.number, member.name, days=member.days, limit=f"{member.limit}.00", currency=member.currency,
        region=member.region, industry=member.industry, owner=member.owner)


def _invoice(company: Company, deal: Deal) -> dict[str, object]:
    return company.invoice(deal.member.number, deal.name, str(deal.net), currency=deal.member.currency)
