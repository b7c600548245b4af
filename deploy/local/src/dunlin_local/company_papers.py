"""What people of the demonstration company do around an order, a statement, a cover and a call, as deeds of a story."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dunlin_local.company_words import Company

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = time(9)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def order(number: str, n: int, amount: str, company: Company) -> None:
    """Ask for credit for an order: reserved, or denied with its reasons."""
    await company.post("/credit/v1/authorizations", {
        "id": company.id_of(f"{number}-order-{n}"), "customer_id": company.id_of(number),
        "reference": f"SO-{number}-{n}", "amount": cny(amount)})


async def deliver(number: str, n: int, amount: str, company: Company) -> None:
    """Goods of an order leave the house; they are billed later."""
    await company.post("/billing/v1/delivery-notes", {
        "id": company.id_of(f"{number}-delivery-{n}"), "customer_id": company.id_of(number), "amount": cny(amount),
        "reference": f"DN-{number}-{n}", "authorization_id": company.id_of(f"{number}-order-{n}")})


async def bill_order(number: str, n: int, net: str, company: Company) -> None:
    """The order is billed, and with it what was delivered of it."""
    await company.bill(number, f"{number}-{n}", net, authorization_id=company.id_of(f"{number}-order-{n}"), final=True)


async def credit(number: str, n: int, net: str, company: Company) -> None:
    """Goods of an invoice came back."""
    await company.post("/billing/v1/credit-notes", {
        "id": company.id_of(f"{number}-credit-note"), "invoice_id": company.id_of(f"{number}-{n}"),
        "reason": "goods_returned", "lines": [{"position": 1, "net": cny(net)}]})


async def ask_deposit(number: str, n: int, amount: str, company: Company) -> None:
    """A deposit ahead of an order, to be paid within a week."""
    await company.post("/billing/v1/deposit-requests", {
        "id": company.id_of(f"{number}-deposit-{n}"), "customer_id": company.id_of(number), "amount": cny(amount),
        "order_reference": f"SO-{number}-{n}", "due_on": (company.today + timedelta(days=7)).isoformat()})


async def pay_deposit(number: str, n: int, amount: str, company: Company) -> None:
    await company.post(f"/billing/v1/deposit-requests/{company.id_of(f'{number}-deposit-{n}')}:pay", {
        "id": company.id_of(f"{number}-P{n}"), "amount": cny(amount), "received_on": company.today.isoformat(),
        "method": "bank_transfer"})


async def bill_with_deposit(number: str, n: int, net: str, company: Company) -> None:
    await company.bill(number, f"{number}-{n}", net, order_reference=f"SO-{number}-{n}")


async def state(number: str, days: int, company: Company) -> None:
    """A statement of the last so many days, up to yesterday; it is mailed by itself."""
    await company.post("/billing/v1/statements", {
        "id": company.id_of(f"{number}-statement"), "customer_id": company.id_of(number),
        "period_from": (company.today - timedelta(days=days)).isoformat(),
        "period_to": (company.today - timedelta(days=1)).isoformat()})


async def answer(number: str, n: int, theirs: str, paid: str, company: Company) -> None:
    """By the customer's books less is owed of an invoice, and a payment is missing in ours."""
    await company.post(f"/billing/v1/statements/{company.id_of(f'{number}-statement')}:answer", {
        "signer": "Zhang Min", "authority": "finance_director",
        "lines": [{"item_id": await company.item_of(f"{number}-{n}"), "answer": "amount_differs",
                   "amount": cny(theirs)}],
        "missing": [{"kind": "payment", "reference": f"{number}-CHQ-0815", "amount": cny(paid)}]})


async def take_bill(number: str, amount: str, days: int, company: Company) -> None:
    """A bank's acceptance for what is owed, payable in so many days."""
    await company.post("/billing/v1/bills", {
        "id": company.id_of(f"{number}-bill"), "customer_id": company.id_of(number), "amount": cny(amount),
        "number": "513027600123420251105", "risk_class": "bank", "drawer": "承兑汇票有限公司", "acceptor": "示例银行",
        "received_on": company.today.isoformat(), "due_on": (company.today + timedelta(days=days)).isoformat()})


async def insure(number: str, amount: str, days: int, company: Company) -> None:
    """Nine tenths of it are insured from today for so many days."""
    await company.post(f"/credit/v1/customers/{company.id_of(number)}/covers", {
        "kind": "insurance", "amount": cny(amount), "share_bps": 9_000, "valid_from": company.today.isoformat(),
        "valid_until": (company.today + timedelta(days=days)).isoformat(), "provider": "示例信用保险",
        "reference": f"POL-{number}", "reason": "new customer without figures"})


async def claim(number: str, amount: str, company: Company) -> None:
    """The insurer is asked to pay; it has not answered yet."""
    (cover,) = (await company.get(f"/credit/v1/covers?customer_id={company.id_of(number)}"))["data"]
    await company.post(f"/credit/v1/covers/{cover['id']}/claims", {
        "amount": cny(amount), "reference": f"CLM-{number}"})


async def plan_call(number: str, company: Company) -> None:
    """To be made today."""
    await company.post("/notify/v1/calls", {
        "customer_id": company.id_of(number), "due_on": company.today.isoformat(), "note": "ask when it is paid"})


async def log_call(number: str, outcome: str, note: str, company: Company) -> None:
    """How the call went that is still to be made."""
    asked = f"customer_id={company.id_of(number)}&open=true"
    (call,) = (await company.get(f"/notify/v1/calls?{asked}"))["data"]
    await company.post(f"/notify/v1/calls/{call['id']}:log", {"outcome": outcome, "note": note})


async def open_case(number: str, days: int, company: Company) -> None:
    """Somebody works on it; a visit is next."""
    await company.post("/notify/v1/cases", {
        "customer_id": company.id_of(number), "next_action": "visit",
        "next_action_on": (company.today + timedelta(days=days)).isoformat(), "note": "did not answer for two weeks"})


async def visit(number: str, days: int, company: Company) -> None:
    """A visit this morning, with something to follow up."""
    await company.post(f"/customer/v1/customers/{company.id_of(number)}/interactions", {
        "id": company.id_of(f"{number}-visit"), "kind": "visit",
        "happened_at": datetime.combine(company.today, MORNING, ZONE).isoformat(), "outcome": "follow_up",
        "summary": "The warehouse is full; payment after the new year.", "willingness": "willing",
        "follow_up_on": (company.today + timedelta(days=days)).isoformat()})
