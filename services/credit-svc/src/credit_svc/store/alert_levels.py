"""At which lines customers stand, and how much of all that is open is theirs."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from credit_svc.store.alert_tables import AlertLevelRow
from credit_svc.store.mergers import ENTRIES_OF_ALL
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money

_STANDING = text("""
SELECT customer_id, currency, ageing, concentration, silence FROM alert_level
WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))""")
_OPENED = text("""
SELECT customer_id, currency, open FROM exposure WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))""")
_LAST_PAID = text(f"""
WITH RECURSIVE {ENTRIES_OF_ALL}
SELECT e.of_id AS customer_id, max(p.paid_on) AS paid_on FROM entry e JOIN learnt_payment p USING (customer_id)
WHERE p.live GROUP BY 1""")  # noqa: S608
_TOTALS = text("SELECT currency, sum(open)::bigint AS open FROM exposure GROUP BY currency")


class Level(NamedTuple):
    """How many lines of ageing a customer has passed, and whether it is beyond those of concentration and silence."""

    ageing: int
    concentration: int
    silence: int


async def standing(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Level]]:
    """By customer and currency; only after the lock of the customers' exposures, for a first level has no row yet."""
    found: dict[UUID, dict[str, Level]] = {}
    for row in await tx.rows(_STANDING, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[row["currency"]] = Level(
            row["ageing"], row["concentration"], row["silence"])
    return found


async def last_paid(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """The day of the last payment of each that has ever paid."""
    return {row["customer_id"]: row["paid_on"] for row in await tx.rows(_LAST_PAID, customer_ids=list(customer_ids))}


async def opened(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Money]]:
    """What is open with each of these, by currency."""
    found: dict[UUID, dict[str, Money]] = {}
    for row in await tx.rows(_OPENED, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[row["currency"]] = Money(row["open"], row["currency"])
    return found


async def totals(tx: Tx) -> Mapping[str, Money]:
    """What is open with all customers together, by currency."""
    return {row["currency"]: Money(row["open"], row["currency"]) for row in await tx.rows(_TOTALS)}


def keep(tx: Tx, customer_id: UUID, currency: str, level: Level) -> None:
    """Gather where a customer stands now."""
    tx.put(AlertLevelRow, {
        "customer_id": customer_id, "currency": currency, "ageing": level.ageing,
        "concentration": level.concentration, "silence": level.silence}, key=("customer_id", "currency"))
