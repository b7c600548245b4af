"""Credits of any kind, as the ledger knows them. Read only after the lock of the account they belong to."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.credit_note import CreditNote
from billing_svc.domain.payment import Payment
from billing_svc.store import credit_notes, payments
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t = CreditRow.__table__.c
BY_ID = select(
    _t.id, _t.kind, _t.customer_id, _t.currency, _t.amount, _t.unapplied, _t.business_on, _t.effective_on,
    _t.raised_on, _t.version, _t.kept_for,
).where(_t.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Credit]:
    """Those that are there."""
    return {row["id"]: Credit(
        row["id"], row["customer_id"], Money(row["amount"], row["currency"]), Money(row["unapplied"], row["currency"]),
        row["business_on"], row["effective_on"], row["raised_on"], row["version"], CreditKind(row["kind"]),
        row["kept_for"],
    ) for row in await tx.rows(BY_ID, ids=list(ids))}


async def named(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Credit]:
    """Refuses: credit_not_found."""
    found = await by_id(tx, ids)
    for credit_id in ids:
        if credit_id not in found:
            raise NotFound("credit_not_found", "There is no such payment or credit note.", credit_id=credit_id)
    return found


def move(tx: Transaction, *moved: Credit) -> None:
    """What their entries moved, and of payments and credit notes also what became of them."""
    payments.move(tx, *(one for one in moved if isinstance(one, Payment)))
    credit_notes.move(tx, *(one for one in moved if isinstance(one, CreditNote)))
    tx.change(CreditRow, *({"id": one.id, "unapplied": one.unapplied.minor, "raised_on": one.raised_on,
                            "version": one.version} for one in moved if not isinstance(one, Payment | CreditNote)))
