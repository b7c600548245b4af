"""A busy office: clerks who register customers, bill, take money, take it back and ask for credit, all at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from patience import Patience
from production_shape import Fleet
from steady_client import Promised, SteadyClient

from dunlin_kernel.ids import new_id

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 1, 5, 10, tzinfo=ZONE)
TERMS_DAYS = 4
DAY_SECONDS = 1.5
BREATH_SECONDS = 0.05
"""Of a clerk between two pieces of work: a load that two cores carry beside the faults."""


def cny(minor: int) -> dict[str, str]:
    return {"amount": f"{minor // 100}.{minor % 100:02d}", "currency": "CNY"}


async def answers(office: "Office", more: int) -> None:
    """Wait until so many more requests have been answered, as long as there are answers at all."""
    wanted, patience = office.client.answered + more, Patience(lambda: office.client.answered)
    while office.client.answered < wanted:
        assert patience.lasts(), "no request is answered any more"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def at_work(office: "Office", *, clerks: int, customers: int) -> AsyncIterator[None]:
    """It works meanwhile; then each clerk ends what he has begun."""
    stop = asyncio.Event()
    working = asyncio.create_task(office.work(stop, clerks=clerks, customers=customers))
    try:
        yield
    finally:
        stop.set()
        await working


@dataclass
class Office:
    """One sandbox tenant at work; all that it was told is done stands in `promised`."""

    client: SteadyClient
    tenant: UUID
    dice: Random
    began: datetime = BEGINS
    now: datetime = BEGINS
    promised: Promised = field(default_factory=Promised)

    @classmethod
    async def opened(cls, fleet: Fleet, seed: int, *, begins: datetime = BEGINS) -> "Office":
        """A new tenant whose clock stands at that time of its zone: on a Monday morning, if no other is said."""
        tenant = new_id()
        operator = SteadyClient(fleet.client, fleet.urls, {"Authorization": f"Bearer {fleet.token('operator')}"})
        made = await operator.write("POST", "/customer/v1/tenants", {
            "id": str(tenant), "name": "Office", "currency": "CNY", "zone": str(begins.tzinfo), "sandbox": True,
            "clock_at": begins.isoformat()})
        assert made, operator.findings
        token = fleet.token("demonstration", tenant=str(tenant))
        client = SteadyClient(fleet.client, fleet.urls, {"Authorization": f"Bearer {token}"})
        return cls(client, tenant, Random(seed), begins, begins)

    @property
    def zone(self) -> ZoneInfo:
        assert isinstance(self.began.tzinfo, ZoneInfo)
        return self.began.tzinfo

    async def work(self, stop: asyncio.Event, *, clerks: int, customers: int) -> None:
        """Clerks work on customers of all, and the days go by, until `stop`; then each ends what it has begun."""
        async with asyncio.TaskGroup() as group:
            for number in range(clerks):
                group.create_task(self._clerk(stop, Random(f"{self.dice.random()} {number}"), customers))
            group.create_task(self._days(stop))

    async def round(self) -> None:
        """Each kind of work once, for one customer, and a day turned."""
        customer = await self.register()
        await self.bill(customer, Random(1))
        await self.order_and_bill(customer, Random(2))
        await self.order_in_vain(customer, Random(2))
        await self.pay(customer, Random(3))
        await self.pay(customer, Random(4))
        await self.take_back(customer, Random(5))
        await self.next_day()

    async def _clerk(self, stop: asyncio.Event, dice: Random, customers: int) -> None:
        kinds: list[Callable[[UUID, Random], Awaitable[None]]] = [
            self.bill, self.bill, self.pay, self.pay, self.take_back, self.order_and_bill, self.order_in_vain]
        while not stop.is_set():
            known = list(self.promised.customers)
            if len(known) < customers and (not known or dice.random() < 0.3):
                await self.register()
            else:
                await dice.choice(kinds)(dice.choice(known), dice)
            await asyncio.sleep(BREATH_SECONDS)

    async def _days(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), DAY_SECONDS)
            except TimeoutError:
                await self.next_day()

    async def next_day(self) -> None:
        """On to the next turn of the tenant's day."""
        turn = datetime.combine(self.now.astimezone(self.zone).date() + timedelta(days=1), time(), self.zone)
        if await self.client.write("POST", "/customer/v1/test-clock:advance", {"to": turn.isoformat()}):
            self.now = turn

    async def register(self) -> UUID:
        """A customer with a contact and a limit, ready to be sold to."""
        customer, path = new_id(), "/customer/v1/customers"
        mail = f"ap-{customer.hex[-12:]}@heron.example"
        await self.client.write("POST", path, {
            "id": str(customer), "kind": "organization", "name": "北京华为贸易有限公司", "external_id": customer.hex,
            "terms": {"due_days": TERMS_DAYS, "end_of_month": False}})
        await self.client.write("POST", f"{path}/{customer}:activate")
        await self.client.write("POST", f"{path}/{customer}/contacts", {
            "name": "李雷", "language": "zh", "email": mail, "purposes": ["dunning"]})
        await self.client.write("PUT", f"/credit/v1/customers/{customer}/limit", {
            "currency": "CNY", "amount": "20000.00", "reason": "agreed with sales"})
        self.promised.customers[customer] = mail
        self.promised.limits[customer] += 1
        return customer

    async def bill(self, customer: UUID, dice: Random, **more: Any) -> None:
        """An invoice, issued today."""
        invoice, net = new_id(), dice.randrange(1, 50) * 10_000
        line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": cny(net)["amount"],
                "tax_rate": "13"}
        made = await self.client.write("POST", "/billing/v1/invoices", {
            "id": str(invoice), "external_id": invoice.hex, "customer_id": str(customer), "currency": "CNY",
            "lines": [line], "issue": True, **more})
        if made:
            self.promised.invoices[invoice] = customer, net * 113 // 100

    async def pay(self, customer: UUID, dice: Random) -> None:
        """Money that pays the oldest debt first."""
        payment, minor = new_id(), dice.randrange(1, 700_000)
        clock = await self.client.read("/billing/v1/test-clock")
        today = datetime.fromisoformat(clock["now"]).astimezone(self.zone).date()
        made = await self.client.write("POST", "/billing/v1/payments", {
            "id": str(payment), "external_id": payment.hex, "customer_id": str(customer), "amount": cny(minor),
            "received_on": today.isoformat(), "method": "bank_transfer", "allocation": "oldest_first"})
        if made:
            self.promised.payments[payment] = customer, minor

    async def take_back(self, customer: UUID, dice: Random) -> None:
        """A payment of the customer did not arrive after all."""
        standing = [payment for payment, (owner, _) in self.promised.payments.items()
                    if owner == customer and payment not in self.promised.reversed]
        if not standing:
            return
        payment = dice.choice(standing)
        self.promised.reversed.add(payment)
        made = await self.client.write(
            "POST", f"/billing/v1/payments/{payment}:reverse", {"reason": "not_received"})
        if not made:
            self.promised.reversed.discard(payment)

    async def order_and_bill(self, customer: UUID, dice: Random) -> None:
        """Credit for an order, captured by the invoice that names it."""
        authorization = await self._authorized(customer, dice.randrange(1, 3000) * 100)
        if authorization:
            await self.bill(customer, dice, authorization_id=str(authorization), final=True)

    async def order_in_vain(self, customer: UUID, dice: Random) -> None:
        """Credit for an order, given back."""
        authorization = await self._authorized(customer, dice.randrange(1, 3000) * 100)
        if authorization and await self.client.write("POST", f"/credit/v1/authorizations/{authorization}:release"):
            self.promised.released.add(authorization)

    async def _authorized(self, customer: UUID, minor: int) -> UUID | None:
        authorization = new_id()
        made = await self.client.write("POST", "/credit/v1/authorizations", {
            "id": str(authorization), "customer_id": str(customer), "amount": cny(minor),
            "reference": f"SO-{authorization.hex[-8:]}"})
        if made:
            self.promised.authorizations[authorization] = customer
        return authorization if made and made["decision"] == "approved" else None
