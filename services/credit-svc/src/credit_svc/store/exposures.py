"""Exposures: our copy of billing's account figures per customer and currency, and the differences ever found."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from credit_svc.domain.exposure import Exposure, Figures, Mismatch
from credit_svc.store.tables import ExposureMismatchRow, ExposureRow
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_LOCK_ALL = (
    select(*ExposureRow.__table__.c)
    .where(col(ExposureRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(ExposureRow.customer_id), col(ExposureRow.currency)).with_for_update(key_share=True))


def figures_of(currency: str, *, opened: int, disputed: int, unapplied: int) -> Figures:
    """Figures from minor units."""
    return Figures(Money(opened, currency), Money(disputed, currency), Money(unapplied, currency))


async def lock_all(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Exposure]]:
    """The exposures of these customers, locked in one order; by customer and currency."""
    found: dict[UUID, dict[str, Exposure]] = {}
    for row in await tx.rows(_LOCK_ALL, customer_ids=list(customer_ids)):
        figures = figures_of(
            row["currency"], opened=row["open"], disputed=row["disputed"], unapplied=row["unapplied"])
        found.setdefault(row["customer_id"], {})[figures.currency] = Exposure(
            figures, row["sequence"], Money(row["delivered"], figures.currency),
            Money(row["accrued"], figures.currency), Money(row["kept"], figures.currency))
    return found


def keep(tx: Tx, exposures: Mapping[UUID, Mapping[str, Exposure]]) -> None:
    """Gather exposures as they stand now, by customer; the first in a currency is new."""
    tx.put(ExposureRow, *(
        {"customer_id": customer_id, "currency": one.figures.currency, "open": one.figures.open.minor,
         "disputed": one.figures.disputed.minor, "unapplied": one.figures.unapplied.minor,
         "delivered": one.delivered.minor, "accrued": one.accrued.minor, "kept": one.deposits.minor,
         "sequence": one.sequence}
        for customer_id, by_currency in exposures.items() for one in by_currency.values()
    ), key=("customer_id", "currency"))


def add_mismatch(tx: Tx, customer_id: UUID, found: Mismatch) -> None:
    reckoned, told = found.reckoned, found.told
    tx.insert(ExposureMismatchRow, {
        "customer_id": customer_id, "currency": told.currency, "sequence": found.sequence,
        "reckoned_open": reckoned.open.minor, "reckoned_disputed": reckoned.disputed.minor,
        "reckoned_unapplied": reckoned.unapplied.minor, "told_open": told.open.minor,
        "told_disputed": told.disputed.minor, "told_unapplied": told.unapplied.minor})
