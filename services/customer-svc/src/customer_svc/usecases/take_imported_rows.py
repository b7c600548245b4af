"""Rows of an existing archive are taken over: new ones registered, known ones left, the others refused by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customer_svc.domain.customer import Customer
from customer_svc.domain.registration import Refused, Registration, Row, sort_rows
from customer_svc.store import customers
from customer_svc.usecases.register_customers import register_customers
from dunlin_kernel.errors import Conflict
from dunlin_kit.database import ReadStale
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of each row, also of those taken earlier: `customers` by the row's external id, unless refused."""

    registered: int
    unchanged: int
    refused: tuple[Refused, ...]
    customers: Mapping[str, Customer]


async def take_imported_rows(tx: Transaction, rows: Sequence[Row]) -> Imported:
    """Take the rows over; a second run changes nothing. Refuses: tenant_not_known_yet."""
    readable = [row.content for row in rows if isinstance(row.content, Registration)]
    known = await customers.known(tx, readable)
    judged = sort_rows(rows, known)
    try:
        new = await register_customers(tx, judged.new)
    except Conflict as taken:  # none of these was there a moment ago: another import has come between
        raise ReadStale from taken
    registered = {c.particulars.external_id or "": c for c in new}
    before = {row.particulars.external_id or "": known.by_id[row.id] for row in judged.taken}
    kept = {key: known.by_external_id[key] for key in judged.unchanged if key not in registered}
    return Imported(
        len(new) + len(before), len(judged.unchanged), judged.refused, {**kept, **before, **registered})
