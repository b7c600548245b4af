"""What goes on at other customers after mergers is told in their streams: the page is the same whichever is heard
first, and whether they are heard apart or in one batch."""

from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import asyncpg
from alembic.script import ScriptDirectory

from customer_svc.consumers.billing import billing
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import PaymentConfirmed, PaymentExpired, PaymentReceived, PaymentRejected
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAgreed,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementReinstated,
)
from dunlin_events.contracts.billing_write_offs import DebtRecovered, DebtWrittenOff, RecoveryReversed, WriteOffReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.migrating import config_of
from dunlin_kit.testing import tell

CUSTOMERS = "/customer/v1/customers"
NOTHING = {name: {"amount": "0.00", "currency": "CNY"} for name in ("open", "disputed", "unapplied")}
APART = [[[stream] for stream in order] for order in permutations(range(3))]
IN_ONE_BATCH = [[list(order)] for order in permutations(range(3))]


class Merged:
    """Three customers, of which the first was merged into the second and that into the third."""

    def __init__(self, archive: Any, customers: list[UUID]) -> None:
        self.archive, self.customers = archive, customers
        self.arranged, self.lost = new_id(), new_id()
        self.confirmed, self.rejected, self.waiting = new_id(), new_id(), new_id()

    @classmethod
    async def of(cls, archive: Any) -> "Merged":
        ids = [(await archive.register(f"Crane {n} {new_id()}"))["id"] for n in range(3)]
        for source, into in pairwise(ids):
            answer = await archive.post(f"{CUSTOMERS}/{source}:merge", {"into_id": into})
            assert answer.status_code == 200, answer.text
        return cls(archive, [UUID(one) for one in ids])

    def streams(self) -> list[list[Event]]:
        """What each stream says, the first customer's first."""
        arranged, lost = {"arrangement_id": self.arranged}, {"write_off_id": self.lost}
        awaited = [self.fact(0, PaymentReceived, payment_id=one)
                   for one in (self.confirmed, self.rejected, self.waiting)]
        return [
            [self.fact(0, ArrangementAgreed, **arranged), self.fact(0, DebtWrittenOff, **lost), *awaited],
            [self.fact(1, ArrangementDefaulted, **arranged), self.fact(1, DebtRecovered, **lost),
             self.fact(1, PaymentConfirmed, payment_id=self.confirmed, awaited=True)],
            [self.fact(2, ArrangementReinstated, **arranged), self.fact(2, RecoveryReversed, **lost),
             self.fact(2, DebtRecovered, **lost), self.fact(2, PaymentRejected, payment_id=self.rejected)]]

    def fact(self, at: int, fact: type[Event], **more: Any) -> Event:
        account = {"account": NOTHING} if "account" in fact.model_fields else {}
        return fact.model_validate(dict(fact.examples[0]) | account | {"customer_id": self.customers[at]} | more)

    async def hear(self, facts: list[Event]) -> None:
        await tell(self.archive.running.database, billing, self.archive.tenant, *facts)

    async def shown(self) -> tuple[Any, ...]:
        """What stands on the page of the customer that goes on."""
        answer = await self.archive.get(f"{CUSTOMERS}/{self.customers[2]}/overview")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        return (
            [(one["state"], one["amount"]["amount"], one["agreed_on"], one["next_due_on"])
             for one in page["arrangements"]],
            [(one["amount"]["amount"], one["reason"], one["written_off_on"]) for one in page["write_offs"]],
            [one["id"] for one in page["pending_payments"]])


async def test_it_is_the_same_in_every_order_and_batch_of_their_streams(archive: Any) -> None:
    for batches in (*APART, *IN_ONE_BATCH):
        merged = await Merged.of(archive)
        streams = merged.streams()
        for batch in batches:
            await merged.hear([fact for stream in batch for fact in streams[stream]])
        assert await merged.shown() == (
            [("active", "4520.00", "2026-02-20", "2026-04-10")], [("3520.00", "insolvency", "2026-06-30")],
            [str(merged.waiting)]), batches


async def test_it_is_over_when_it_ends_there_and_nothing_is_shown_before_its_beginning_is_heard(archive: Any) -> None:
    merged = await Merged.of(archive)
    first, second, third = merged.streams()
    await merged.hear([*third, merged.fact(2, PaymentExpired, payment_id=merged.waiting)])
    assert await merged.shown() == ([], [], [])
    await merged.hear(second)
    await merged.hear(first)
    await merged.hear([
        merged.fact(2, ArrangementCompleted, arrangement_id=merged.arranged),
        merged.fact(2, WriteOffReversed, write_off_id=merged.lost,
                    amount={"amount": "3520.00", "currency": "CNY"})])
    assert await merged.shown() == ([], [], [])


async def test_a_payment_leaves_a_trace_only_where_it_may_have_been_pending(archive: Any) -> None:
    merged = await Merged.of(archive)
    await merged.hear([merged.fact(2, PaymentConfirmed, payment_id=new_id(), awaited=said) for said in (False, None)])
    owner = await asyncpg.connect(archive.running.urls.owner)
    try:
        assert await owner.fetchval("SELECT count(*) FROM heard_claim WHERE tenant_id = $1", archive.tenant) == 1
    finally:
        await owner.close()


CLAIM = """
INSERT INTO heard_claim (tenant_id, customer_id, id, kind, "on", said, more, amount, currency, stands)
VALUES ($1, $2, $3, 'write_off', '2026-01-01', 'INV-1', 'insolvency', $4::bigint, 'CNY', $4 > 0)"""


async def test_an_upgrade_takes_off_what_was_copied_from_the_customer_before(archive: Any) -> None:
    merged = await Merged.of(archive)
    url = archive.running.urls.owner
    script = ScriptDirectory.from_config(config_of("customer_svc", url)).get_revision("0025")
    owner = await asyncpg.connect(url)
    changes = owner.transaction()
    await changes.start()
    try:
        for customer, left in zip(merged.customers, (10_000, 7_000, 0), strict=True):
            await owner.execute(CLAIM, archive.tenant, customer, merged.lost, left)
        await owner.execute(script.module.PARTED)
        rows = await owner.fetch("SELECT customer_id, amount, stands FROM heard_claim WHERE id = $1", merged.lost)
    finally:
        await changes.rollback()
        await owner.close()
    assert {row["customer_id"]: (row["amount"], row["stands"]) for row in rows} == dict(zip(
        merged.customers, ((10_000, True), (-3_000, False), (-7_000, False)), strict=True))
