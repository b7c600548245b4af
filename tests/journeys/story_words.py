"""What a finance department does in the stories, in a word each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dunlin_running import Journey


def cny(amount: str) -> dict[str, str]:
    return money(amount, "CNY")


def money(amount: str, currency: str) -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def rate_of_dollar(journey: Journey, rate: str, day: str) -> None:
    """What a dollar is worth in the company's currency from that day on."""
    await journey.post("/billing/v1/exchange-rates", {
        "currency": "USD", "rate": rate, "valid_on": day, "source": "pboc"})


class Books:
    """One customer of one journey: invoices, payments, and what the four services say about them."""

    def __init__(self, journey: Journey, customer: dict[str, Any], mail: str, contact: str) -> None:
        self.journey, self.customer, self.mail, self.contact = journey, customer, mail, contact

    @classmethod
    async def open(
        cls, journey: Journey, *, limit: str | None, contact: Mapping[str, Any] | None = None, **terms: Any,
    ) -> "Books":
        """Register and activate a customer with 30 days and a contact for reminders, and set its limit, if any."""
        agreed = {"due_days": 30, "end_of_month": False} | terms
        customer = await journey.post("/customer/v1/customers", {
            "kind": "organization", "name": "北京华为贸易有限公司", "terms": agreed})
        path = f"/customer/v1/customers/{customer['id']}"
        mail = f"ap-{customer['id'][-12:]}@heron.example"
        await journey.post(f"{path}:activate", status=200)
        told = {"name": "李雷", "language": "zh", "email": mail, "purposes": ["dunning"]} | dict(contact or {})
        made = await journey.post(f"{path}/contacts", told)
        await journey.quiet()
        books = cls(journey, customer, told["email"], made["id"])
        if limit is not None:
            await books.limit(limit)
        return books

    @property
    def id(self) -> UUID:
        return UUID(self.customer["id"])

    async def limit(self, amount: str, currency: str = "CNY") -> None:
        await self.journey.put(f"/credit/v1/customers/{self.id}/limit", {
            "currency": currency, "amount": amount, "reason": "agreed with sales"})

    async def invoice(self, net: str, *, tax: str = "13", **more: Any) -> dict[str, Any]:
        line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": net, "tax_rate": tax}
        body = {"customer_id": str(self.id), "currency": "CNY", "lines": [line], "issue": True} | more
        made: dict[str, Any] = await self.journey.post("/billing/v1/invoices", body)
        await self.journey.quiet()
        return made

    async def pay(self, amount: str, received_on: str, *, currency: str = "CNY", **more: Any) -> dict[str, Any]:
        body = {"customer_id": str(self.id), "amount": money(amount, currency), "received_on": received_on,
                "method": "bank_transfer", "allocation": "oldest_first"} | more
        paid: dict[str, Any] = await self.journey.post("/billing/v1/payments", body)
        await self.journey.quiet()
        return paid

    async def aged(self, as_of: str) -> dict[str, str]:
        """The buckets that hold something, unapplied credit as a negative column, and the net."""
        report = await self.journey.get("/billing/v1/ageing", as_of=as_of)
        if not report["totals"]:
            return {}
        (total,) = report["totals"]
        figures = total["figures"]
        shown = {bucket["name"]: bucket["amount"]["amount"] for bucket in figures["buckets"] if bucket["items"]}
        if total["customer_credit_control"]["amount"] != "0.00":
            shown["unapplied"] = f"-{figures['unapplied']['amount']}"
        return shown | {"net": figures["net"]["amount"]}

    async def credit(self) -> tuple[str, str]:
        """Exposure and available credit, as they stand now."""
        position = await self.journey.get(f"/credit/v1/customers/{self.id}/position")
        (held,) = position["positions"]
        return held["exposure"]["amount"], held["available"]["amount"]

    async def balances(self) -> dict[str, str]:
        """Every journal account."""
        lines = (await self.journey.get("/billing/v1/journal-balances"))["data"]
        return {line["account"]: line["amount"]["amount"] for line in lines}

    async def reminders(self) -> list[tuple[str, str, int, str]]:
        """What was sent: day, invoice number, level, amount; in order."""
        messages = (await self.journey.get("/notify/v1/messages", customer_id=str(self.id), limit=200))["data"]
        sent = [(one["judged_on"], item["number"], item["level"], item["amount"]["amount"])
                for one in messages for item in one["items"] if item["outcome"] == "sent"]
        return sorted(sent)
