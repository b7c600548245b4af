"""Transfers: what is owed and unapplied at a customer that was merged goes on at the one that goes on.

Items and credits keep their ids, dates and documents; only whose they are changes. Each side is one fact that leaves
the one account, and its mirror that comes to the other, on one day; the two controls are in the end what they were.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.credit import Credit
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalLine, journal_of_credit_transfer, journal_of_debt_transfer
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class Transfer:
    """So much on one side, in one currency: `id` is the fact by which it leaves, `in_id` that by which it comes."""

    id: UUID
    in_id: UUID
    source_id: UUID
    into_id: UUID
    side: LedgerSide
    amount: Money
    effective_on: date


@dataclass(frozen=True, slots=True)
class Merger:
    """`source_id` goes on as `into_id`; what is transferred for it takes effect on `day`."""

    source_id: UUID
    into_id: UUID
    day: date

    def of_items(self, items: Collection[Item], ids: tuple[UUID, UUID]) -> Transfer:
        """The transfer of these items, in one currency and each with something open."""
        currency = next(iter(items)).open.currency
        return self._of(LedgerSide.RECEIVABLE, sum_money(currency, (one.open for one in items)), ids)

    def of_credits(self, held: Collection[Credit], ids: tuple[UUID, UUID]) -> Transfer:
        """The transfer of these credits, in one currency and each with something unapplied."""
        currency = next(iter(held)).unapplied.currency
        return self._of(LedgerSide.CREDIT, sum_money(currency, (one.unapplied for one in held)), ids)

    def _of(self, side: LedgerSide, amount: Money, ids: tuple[UUID, UUID]) -> Transfer:
        return Transfer(ids[0], ids[1], self.source_id, self.into_id, side, amount, self.day)


def leaving(transfer: Transfer, parts: Collection[tuple[UUID, Money]]) -> Fact:
    """The fact by which these parts leave; they sum to the transfer's amount."""
    debt = transfer.side is LedgerSide.RECEIVABLE
    journal = journal_of_debt_transfer if debt else journal_of_credit_transfer
    return Fact(
        FactKind.DEBT_TRANSFERRED if debt else FactKind.CREDIT_TRANSFERRED, transfer.id, transfer.source_id,
        transfer.amount.currency, transfer.effective_on,
        tuple(Entry(transfer.side, ref_id, -amount) for ref_id, amount in parts), journal(-transfer.amount))


def coming(transfer: Transfer, left: Fact) -> Fact:
    """The mirror of the fact by which it left, as that was entered: it comes for just what it was carried for."""
    return replace(
        left, id=transfer.in_id, customer_id=transfer.into_id,
        entries=tuple(replace(one, amount=-one.amount, base=_turned(one.base)) for one in left.entries),
        journal=tuple(JournalLine(one.account, -one.amount, _turned(one.base)) for one in left.journal))


def _turned(base: Money | None) -> Money | None:
    return None if base is None else -base
