"""Customers of the demonstration company with a name and a story: one for each thing that people want to see.

A story says what happens on which day, counted from the company's first. Amounts are gross where money is paid, net
where an invoice is issued; 13 % tax.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from dunlin_local import company_papers as papers
from dunlin_local.company_crowd import DAYS
from dunlin_local.company_words import Company

Deed = Callable[[Company], Awaitable[Any]]
CHECKER = "controller"


@dataclass(frozen=True, slots=True)
class Story:
    """A customer and the days on which something happens."""

    number: str
    name: str
    deeds: Mapping[int, tuple[Deed, ...]]
    limit: str | None = "100000.00"
    currency: str = "CNY"
    owner: str = "S-LI"
    more: Mapping[str, Any] = field(default_factory=dict)

    async def on(self, day: int, company: Company) -> None:
        """What happens on this day; on the first one the customer comes."""
        if day == 0:
            await company.register(self.number, self.name, limit=self.limit, currency=self.currency, owner=self.owner,
                                   **self.more)
        for deed in self.deeds.get(day, ()):
            await deed(company)


def _bill(number: str, n: int, net: str, **more: Any) -> Deed:
    return lambda company: company.bill(number, f"{number}-{n}", net, **more)


def _pay(number: str, n: int, amount: str, **more: Any) -> Deed:
    return lambda company: company.pay(number, f"{number}-P{n}", amount, **more)


def _settled(number: str, n: int, amount: str) -> Deed:
    """A payment for one invoice by its name."""
    return lambda company: company.pay(
        number, f"{number}-P{n}", amount, allocation="remittance", remittance=[f"{number}-{n}"])


async def _dispute(number: str, n: int, amount: str, company: Company) -> None:
    await company.post("/billing/v1/disputes", {
        "id": company.id_of(f"{number}-dispute"), "item_id": await company.item_of(f"{number}-{n}"),
        "reason": "quality", "amount": {"amount": amount, "currency": "CNY"}, "evidence": "photo-1"})


async def _arrange(number: str, n: int, amounts: tuple[str, ...], company: Company) -> None:
    parts = [{"due_on": (company.today + timedelta(days=15 * (k + 1))).isoformat(),
              "amount": {"amount": amount, "currency": "CNY"}} for k, amount in enumerate(amounts)]
    await company.post("/billing/v1/arrangements", {
        "id": company.id_of(f"{number}-arrangement"), "item_ids": [await company.item_of(f"{number}-{n}")],
        "parts": parts, "grace_days": 3})


async def _promise(number: str, amount: str, days: int, company: Company) -> None:
    await company.post("/notify/v1/promises", {
        "customer_id": company.id_of(number), "amount": {"amount": amount, "currency": "CNY"},
        "promised_on": (company.today + timedelta(days=days)).isoformat(), "grace_days": 2, "note": "by phone"})


async def _return(number: str, n: int, company: Company) -> None:
    await company.post(f"/billing/v1/payments/{company.id_of(f'{number}-P{n}')}:reverse", {
        "reason": "returned", "fee": {"amount": "25.00", "currency": "CNY"}})


async def _refund(number: str, n: int, amount: str, company: Company) -> None:
    await company.post("/billing/v1/refunds", {
        "credit_id": company.id_of(f"{number}-P{n}"), "amount": {"amount": amount, "currency": "CNY"},
        "method": "bank_transfer", "reason": "overpaid"})


async def _hold(number: str, company: Company) -> None:
    await company.post(f"/credit/v1/customers/{company.id_of(number)}/holds", {
        "reason": "documents_missing", "note": "business licence has expired"})


async def _propose_write_off(number: str, n: int, company: Company) -> None:
    await company.post("/billing/v1/write-offs", {
        "id": company.id_of(f"{number}-write-off"), "item_id": await company.item_of(f"{number}-{n}"),
        "reason": "uneconomical"})


async def _write_off(number: str, n: int, company: Company) -> None:
    await _propose_write_off(number, n, company)
    await company.post(f"/billing/v1/write-offs/{company.id_of(f'{number}-write-off')}:approve", {}, by=CHECKER)


async def _recover(number: str, payment: int, amount: str, company: Company) -> None:
    await company.pay(number, f"{number}-P{payment}", amount, allocation="none")
    await company.post(f"/billing/v1/write-offs/{company.id_of(f'{number}-write-off')}:recover", {
        "credit_id": company.id_of(f"{number}-P{payment}")})


async def _group(numbers: tuple[str, ...], company: Company) -> None:
    group = company.id_of("G-PINE")
    await company.post("/customer/v1/groups", {
        "id": group, "number": "G-PINE", "name": "松柏集团", "currency": "CNY", "set_off": False})
    for number in numbers:
        of = f"/customer/v1/customers/{company.id_of(number)}"
        await company.put(f"{of}/group", {"group_id": group}, of=of)
    await company.put(f"/credit/v1/groups/{group}/limit", {"amount": "150000.00", "reason": "group of three"})


def _every(days: range, deed: Callable[[int], Deed]) -> dict[int, tuple[Deed, ...]]:
    return {day: (deed(n),) for n, day in enumerate(days, 1)}


def _merged(*tables: Mapping[int, tuple[Deed, ...]]) -> dict[int, tuple[Deed, ...]]:
    found: dict[int, tuple[Deed, ...]] = {}
    for table in tables:
        for day, deeds in table.items():
            found[day] = found.get(day, ()) + deeds
    return found


def _payer(number: str, net: str, gross: str, *, days: tuple[int, ...]) -> dict[int, tuple[Deed, ...]]:
    """Three invoices, 20 days apart, each paid so many days after its issue."""
    billed = _every(range(1, 61, 20), lambda n: _bill(number, n, net))
    due = ((n, 1 + 20 * (n - 1) + late) for n, late in enumerate(days, 1))
    paid = {day: (_settled(number, n, gross),) for n, day in due if day < DAYS}
    return _merged(billed, paid)


STORIES = (
    Story("N-01", "稳付贸易有限公司", _payer("N-01", "8000", "9040.00", days=(30, 30, 30))),
    Story("N-02", "周四付款有限公司", _payer("N-02", "6000", "6780.00", days=(35, 36, 37))),
    Story("N-03", "迟付二十天有限公司", _payer("N-03", "7000", "7910.00", days=(50, 50, 50))),
    Story("N-04", "预付款有限公司", {
        1: (_pay("N-04", 1, "20000.00", allocation="none"),), 10: (_bill("N-04", 1, "10000"),),
        11: (lambda company: company.post(f"/billing/v1/payments/{company.id_of('N-04-P1')}:apply",
                                          {"allocation": "oldest_first"}),)}, more={"days": 0, "prepaid": 10_000}),
    Story("N-05", "超限贸易有限公司", {2: (_bill("N-05", 1, "30000"),), 30: (_bill("N-05", 2, "28000"),)}, "50000.00"),
    Story("N-06", "暂停授信有限公司", {3: (_bill("N-06", 1, "5000"),), 40: (partial(_hold, "N-06"),),
                                88: (partial(_propose_write_off, "N-06", 1),)}),
    Story("N-07", "部分争议有限公司", {4: (_bill("N-07", 1, "10000"),), 20: (partial(_dispute, "N-07", 1, "3000.00"),),
                                40: (_pay("N-07", 1, "8300.00"),)}),
    Story("N-08", "分期协议有限公司", {5: (_bill("N-08", 1, "12000"),),
                                45: (partial(_arrange, "N-08", 1, ("4520.00", "4520.00", "4520.00")),),
                                60: (_pay("N-08", 1, "4520.00"),), 75: (_pay("N-08", 2, "4520.00"),)}),
    Story("N-09", "失信承诺有限公司", {6: (_bill("N-09", 1, "9000"),),
                                72: (partial(_promise, "N-09", "10170.00", 10),)}),
    Story("N-10", "退票支票有限公司", {7: (_bill("N-10", 1, "4000"),), 36: (_pay("N-10", 1, "4520.00"),),
                                41: (partial(_return, "N-10", 1),)}),
    Story("N-11", "多付货款有限公司", {8: (_bill("N-11", 1, "10000"),), 30: (_pay("N-11", 1, "15000.00"),),
                                50: (partial(_refund, "N-11", 1, "1700.00"),)}),
    Story("N-12", "Dunlin Foods Inc", {9: (_bill("N-12", 1, "10000", currency="USD"),),
                                       30: (_pay("N-12", 1, "4000.00", currency="USD"),),
                                       58: (_pay("N-12", 2, "7300.00", currency="USD"),)}, "20000.00", "USD"),
    Story("N-13", "松柏一号有限公司", {10: (_bill("N-13", 1, "50000"),)}, owner="S-WANG"),
    Story("N-14", "松柏二号有限公司", {10: (_bill("N-14", 1, "40000"),)}, owner="S-WANG"),
    Story("N-15", "松柏三号有限公司", {1: (partial(_group, ("N-13", "N-14", "N-15")),),
                                10: (_bill("N-15", 1, "20000"),),
                                88: (_pay("N-15", 1, "22600.00", state="pending", method="cheque"),)}, owner="S-WANG"),
    Story("N-16", "核销收回有限公司", {1: (_bill("N-16", 1, "6000"),), 70: (partial(_write_off, "N-16", 1),),
                                80: (partial(_recover, "N-16", 1, "2000.00"),)}),
    Story("N-17", "未评级有限公司", {12: (_bill("N-17", 1, "3000"),)}, None),
    Story("N-18", "贷方余额有限公司", {13: (_bill("N-18", 1, "2000"),), 20: (_pay("N-18", 1, "9000.00"),)}),
    Story("N-19", "凭单发货有限公司", {
        14: (partial(papers.order, "N-19", 1, "22600.00"),), 16: (partial(papers.deliver, "N-19", 1, "22600.00"),),
        18: (partial(papers.bill_order, "N-19", 1, "20000"),), 46: (_settled("N-19", 1, "22600.00"),),
        80: (partial(papers.order, "N-19", 2, "33900.00"),), 85: (partial(papers.deliver, "N-19", 2, "11300.00"),),
        86: (partial(papers.order, "N-19", 3, "500000.00"),)}),
    Story("N-20", "对账差异有限公司", {
        10: (_bill("N-20", 1, "10000"),), 38: (_settled("N-20", 1, "11300.00"),), 45: (_bill("N-20", 2, "5000"),),
        62: (partial(papers.state, "N-20", 62),), 66: (partial(papers.answer, "N-20", 2, "4520.00", "1130.00"),)}),
    Story("N-21", "对账未回有限公司", {20: (_bill("N-21", 1, "7000"),), 62: (partial(papers.state, "N-21", 62),)}),
    Story("N-22", "退货冲销有限公司", {
        15: (_bill("N-22", 1, "10000"),), 25: (partial(papers.credit, "N-22", 1, "2000.00"),),
        44: (_settled("N-22", 1, "9040.00"),)}),
    Story("N-23", "订金发货有限公司", {
        17: (partial(papers.ask_deposit, "N-23", 1, "5000.00"),),
        20: (partial(papers.pay_deposit, "N-23", 1, "5000.00"),),
        30: (partial(papers.bill_with_deposit, "N-23", 1, "10000"),),
        58: (lambda company: company.pay("N-23", "N-23-rest", "6300.00"),),
        84: (partial(papers.ask_deposit, "N-23", 2, "8000.00"),)}),
    Story("N-24", "信用保险有限公司", {
        12: (partial(papers.insure, "N-24", "60000.00", 100),), 20: (_bill("N-24", 1, "50000"),),
        70: (partial(papers.visit, "N-24", 15),), 85: (partial(papers.claim, "N-24", "45000.00"),)}, "30000.00"),
    Story("N-25", "电话催收有限公司", {
        5: (_bill("N-25", 1, "8000"),), 50: (partial(papers.plan_call, "N-25"),),
        51: (partial(papers.log_call, "N-25", "not_reached", "nobody answered"),),
        55: (partial(papers.log_call, "N-25", "reached", "pays when a customer of theirs has paid"),),
        60: (partial(papers.open_case, "N-25", 40),), 89: (partial(papers.plan_call, "N-25"),)}),
    Story("N-26", "承兑汇票有限公司", {10: (_bill("N-26", 1, "10000"),),
                                35: (partial(papers.take_bill, "N-26", "11300.00", 90),)}),
)
"""Steady payer, Thursday payer, always 20 days late, prepaid, over limit, on hold, part dispute, arrangement, broken
promise, returned payment, overpaid, foreign currency, a group of three, written off and recovered, unrated, credit
larger than debt, order with deliveries, statement that was contested, statement without an answer, goods returned,
deposit, credit insurance, called in vain and reached, bill of exchange."""
