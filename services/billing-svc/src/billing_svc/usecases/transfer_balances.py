"""Transfer a slice of what stands under a customer that was merged to the one that goes on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from billing_svc.domain.credit import Credit
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.transfer import Merger, Transfer, coming, leaving
from billing_svc.store import accounts, customer_credits, deliveries, items, transfers
from billing_svc.usecases.pass_deliveries import pass_deliveries
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_transfers import (
    CreditTransferred,
    DebtTransferred,
    PassedItem,
    SettledItemsPassed,
    TransferSide,
)
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money, sum_money
from dunlin_kit.transaction import Transaction

Held = TypeVar("Held", Item, Credit)


async def transfer_balances(tx: Transaction, source_id: UUID, most: int) -> bool:
    """Move up to `most` items, credits, drafts and deliveries, under both customers' locks; True when that was all.

    From the first slice on nothing more is posted to the customer that was merged.
    Refuses: customer_not_known_yet, customer_merged, effective_in_future.
    """
    into_id = await transfers.surviving(tx, source_id)
    if into_id == source_id:
        return True
    both = [(one, kept) for kept in await transfers.currencies_of(tx, source_id) for one in (source_id, into_id)]
    posting = await open_posting(tx, both, moving=source_id)
    await accounts.close(tx, source_id, into_id)
    moved = await transfers.next_slice(tx, source_id, most)
    posting.items |= await items.by_id(tx, moved.items)
    posting.credits |= await customer_credits.by_id(tx, moved.credits)
    quiet = await transfers.undunned(tx, moved.items)
    merger = Merger(source_id, into_id, posting.books.day_of(None, default=posting.tenant.today, not_before=date.min))
    owed, settled = transfers.parted(posting.items.values())
    for held in _by_currency((one, one.open) for one in owed):
        _pass_debt(posting, merger, held, quiet)
    for paid in _by_currency((one, one.unapplied) for one in posting.credits.values() if one.unapplied.is_positive):
        _pass_credit(posting, merger, paid)
    if settled:
        nothing = [_told(one, Money.zero(one.open.currency), quiet) for one in settled]
        tx.emit(SettledItemsPassed(customer_id=into_id, source_id=source_id, items=nothing))
    delivered = await deliveries.hold_all(tx, moved.deliveries)
    pass_deliveries(tx, source_id, into_id, [one for one in delivered.values() if one.cancelled is None])
    await transfers.pass_on(tx, moved, source_id, into_id)
    posting.save()
    return moved.last


def _pass_debt(posting: Posting, merger: Merger, held: Sequence[Item], quiet: Collection[UUID]) -> None:
    transfer = merger.of_items(held, (new_id(), new_id()))
    disputed = sum_money(transfer.amount.currency, (one.disputed for one in held))
    for one in held:
        posting.dispute(one.id, -one.disputed)
    left, figures = posting.enter(leaving(transfer, [(one.id, one.open) for one in held]))
    posting.tx.emit(_debt(transfer, figures, -disputed, [
        _told(posting.items[one.id], -one.open, quiet) for one in held]))
    for one in held:
        posting.items[one.id] = replace(posting.items[one.id], customer_id=merger.into_id)
    posting.post(coming(transfer, left))
    for one in held:
        figures = posting.dispute(one.id, one.disputed)
    posting.tx.emit(_debt(transfer, figures, disputed, [_told(posting.items[one.id], one.open, quiet) for one in held]))
    transfers.add(posting.tx, transfer, recorded_at=posting.tenant.now)


def _pass_credit(posting: Posting, merger: Merger, held: Sequence[Credit]) -> None:
    transfer = merger.of_credits(held, (new_id(), new_id()))
    left, figures = posting.enter(leaving(transfer, [(one.id, one.unapplied) for one in held]))
    posting.tx.emit(_credit(transfer, figures, TransferSide.OUT))
    for one in held:
        posting.credits[one.id] = replace(posting.credits[one.id], customer_id=merger.into_id)
    posting.tx.emit(_credit(transfer, posting.post(coming(transfer, left)), TransferSide.IN))
    transfers.add(posting.tx, transfer, recorded_at=posting.tenant.now)


def _by_currency(amounts: Iterable[tuple[Held, Money]]) -> Collection[Sequence[Held]]:
    found: dict[str, list[Held]] = defaultdict(list)
    for one, amount in amounts:
        found[amount.currency].append(one)
    return found.values()


def _debt(transfer: Transfer, figures: AccountFigures, disputed: Money, told: list[PassedItem]) -> DebtTransferred:
    left = told[0].amount.money.is_negative
    return DebtTransferred(
        customer_id=transfer.source_id if left else transfer.into_id, origin=Origin.LIVE, account=figures,
        transfer_id=transfer.id, side=TransferSide.OUT if left else TransferSide.IN, source_id=transfer.source_id,
        into_id=transfer.into_id, amount=Amount.of(-transfer.amount if left else transfer.amount),
        disputed=Amount.of(disputed), items=told, effective_on=transfer.effective_on)


def _credit(transfer: Transfer, figures: AccountFigures, side: TransferSide) -> CreditTransferred:
    left = side is TransferSide.OUT
    return CreditTransferred(
        customer_id=transfer.source_id if left else transfer.into_id, origin=Origin.LIVE, account=figures,
        transfer_id=transfer.id, side=side, source_id=transfer.source_id, into_id=transfer.into_id,
        amount=Amount.of(-transfer.amount if left else transfer.amount), effective_on=transfer.effective_on)


def _told(item: Item, amount: Money, quiet: Collection[UUID]) -> PassedItem:
    return PassedItem(
        item_id=item.id, amount=Amount.of(amount), open_after=Amount.of(item.open),
        disputed_after=Amount.of(item.disputed), invoice_id=item.invoice_id, number=item.number,
        issued_on=item.effective_on, due_on=item.stands_due_on, due_version=item.due_version,
        total=Amount.of(item.amount), charged=item.kind is not ItemKind.INVOICE, dunned=item.id not in quiet)
