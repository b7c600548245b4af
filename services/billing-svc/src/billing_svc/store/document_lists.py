"""Lists of invoices, items, payments and credit notes: filtered, sorted, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from billing_svc.domain.invoice import InvoiceStatus
from billing_svc.store import invoice_days
from billing_svc.store.credit_note_tables import CreditNoteRow
from billing_svc.store.customer_names import OF_OWNERS, Named, beside, named
from billing_svc.store.document_tables import CustomerRow, InvoiceRow, ItemRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

After = tuple[Any, ...] | None


class InvoiceSort(StrEnum):
    """By due date, or in the order in which they were made; a minus in front turns it round."""

    CREATED = "created"
    CREATED_DOWN = "-created"
    DUE_ON = "due_on"
    DUE_ON_DOWN = "-due_on"


_AS_MADE = (InvoiceSort.CREATED, InvoiceSort.CREATED_DOWN)


class ItemSort(StrEnum):
    """By due date; a minus in front turns it round."""

    DUE_ON = "due_on"
    DUE_ON_DOWN = "-due_on"


class PaymentSort(StrEnum):
    RECEIVED_ON = "received_on"
    RECEIVED_ON_DOWN = "-received_on"


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """An invoice in a list; `open` is what its items still owe."""

    id: UUID
    customer_id: UUID
    status: InvoiceStatus
    number: str | None
    external_id: str | None
    issued_on: date | None
    due_on: date | None
    total: Money
    open: Money
    whose: Named


class _Listing(NamedTuple):
    """A list without its conditions: what is read, the sort expressions by name, the filters by name; and whether
    rows name their customers, which are looked up once the page is cut."""

    statement: Any
    sorts: Mapping[str, ColumnElement[Any]]
    filters: Mapping[str, Any]
    id: ColumnElement[Any]
    named: bool = False


_i, _item, _c, _customer = (
    InvoiceRow.__table__.c, ItemRow.__table__.c, CreditRow.__table__.c, CustomerRow.__table__.c)
_n = CreditNoteRow.__table__.c
_last_day = literal_column("'infinity'::date", Date)
_due = func.least(_i.due_on, _last_day, type_=Date)
"""The last day where there is none: `date.max` of a cursor is infinity for the driver. No coalesce: under row-level
security an index begins only at what PostgreSQL knows to leak nothing."""
_open = (
    select(func.coalesce(func.sum(_item.open), literal_column("0"))).where(
        _item.invoice_id == _i.id, _item.kind == literal_column("'invoice'"))
    .correlate(InvoiceRow.__table__).scalar_subquery())
_invoices = _Listing(
    select(_i.id, _i.customer_id, _i.status, _i.number, _i.external_id, _i.issued_on, _i.due_on, _i.currency, _i.total,
           _open.label("open")),
    {"created": _i.id, "due_on": _due},
    {"status": _i.status == bindparam("status", type_=Text),
     "customer_id": _i.customer_id == bindparam("customer_id", type_=Uuid),
     "number": _i.number == bindparam("number", type_=Text),
     "external_id": _i.external_id == bindparam("external_id", type_=Text),
     "due_from": and_(_due >= bindparam("due_from", type_=Date), _i.due_on.is_not(None)),
     "due_to": and_(_due <= bindparam("due_to", type_=Date), _i.due_on.is_not(None))},
    _i.id, named=True)
_payments = _Listing(
    select(_c.id),
    {"received_on": _c.received_on},
    {"kind": _c.kind == bindparam("kind", type_=Text), "state": _c.state == bindparam("state", type_=Text),
     "customer_id": _c.customer_id == bindparam("customer_id", type_=Uuid),
     "external_id": _c.external_id == bindparam("external_id", type_=Text),
     "received_from": _c.received_on >= bindparam("received_from", type_=Date),
     "received_to": _c.received_on <= bindparam("received_to", type_=Date)},
    _c.id)
_items = _Listing(
    select(_item.id),
    {"due_on": _item.due_on},
    {"customer_id": _item.customer_id == bindparam("customer_id", type_=Uuid),
     "currency": _item.currency == bindparam("currency", type_=Text),
     "owners": _item.customer_id.in_(select(_customer.customer_id).where(OF_OWNERS)),
     "due_from": _item.due_on >= bindparam("due_from", type_=Date),
     "due_to": _item.due_on <= bindparam("due_to", type_=Date)},
    _item.id)
_open_items = _items._replace(statement=_items.statement.where(_item.open > literal_column("0")))
_settled_items = _items._replace(statement=_items.statement.where(_item.open == literal_column("0")))
_credit_notes = _Listing(
    select(_n.id).join_from(CreditNoteRow.__table__, CreditRow.__table__, _c.id == _n.id),
    {"issued_on": _n.issued_on},
    {"customer_id": _c.customer_id == bindparam("customer_id", type_=Uuid),
     "invoice_id": _n.invoice_id == bindparam("invoice_id", type_=Uuid),
     "number": _n.number == bindparam("number", type_=Text)},
    _n.id)
LISTINGS = {"credit_notes": _credit_notes, "invoices": _invoices, "payments": _payments, "items": _items,
            "open_items": _open_items, "settled_items": _settled_items}
_ITEMS = {None: "items", True: "open_items", False: "settled_items"}
_IMPLIED = {
    ("invoices", "due_on"): ("due_from", _i.due_on.is_not(None)), ("invoices", "-due_on"): ("due_to", true()),
    ("open_items", "due_on"): ("due_from", true()), ("open_items", "-due_on"): ("due_to", true()),
    ("payments", "received_on"): ("received_from", true()), ("payments", "-received_on"): ("received_to", true())}
"""By list and sort: the filter that every later page fulfils, as its cursor is a row that did, and what is left of it.
Of two bounds on one side an index begins at either, so the looser one would read again all the pages before."""


async def page_of_invoices(
    tx: Transaction, filters: Mapping[str, Any], sort: InvoiceSort, after: After, limit: int,
) -> list[ListedInvoice]:
    """Up to `limit` + 1; see `LISTINGS` for the filters."""
    if sort in _AS_MADE and (days := await invoice_days.days_of(tx, filters)) is not None:
        filters = {name: value for name, value in filters.items() if name == "status"} | {"days": days}
    return [_listed(row) for row in await _page(tx, "invoices", filters, sort.value, _dated(after), limit)]


def key_of_invoice(invoice: ListedInvoice, sort: InvoiceSort) -> tuple[str, ...]:
    """The key after which the next page begins."""
    if sort in _AS_MADE:
        return str(invoice.id), str(invoice.id)
    return str(invoice.due_on or date.max), str(invoice.id)


async def page_of_payments(
    tx: Transaction, filters: Mapping[str, Any], sort: PaymentSort, after: After, limit: int,
) -> list[UUID]:
    """Ids of up to `limit` + 1 payments."""
    rows = await _page(tx, "payments", {**filters, "kind": "payment"}, sort.value, _dated(after), limit)
    return [row["id"] for row in rows]


async def page_of_items(
    tx: Transaction, filters: Mapping[str, Any], sort: ItemSort, after: After, limit: int,
) -> list[UUID]:
    """Ids of up to `limit` + 1 items in their order. Of all customers only with `open` true."""
    values = {name: value for name, value in filters.items() if name != "open"}
    rows = await _page(tx, _ITEMS[filters.get("open")], values, sort.value, _dated(after), limit)
    return [row["id"] for row in rows]


async def page_of_credit_notes(tx: Transaction, filters: Mapping[str, Any], after: After, limit: int) -> list[UUID]:
    """Ids of up to `limit` + 1 credit notes, by the day of issue."""
    return [row["id"] for row in await _page(tx, "credit_notes", filters, "issued_on", _dated(after), limit)]


async def _page(
    tx: Transaction, name: str, filters: Mapping[str, Any], sort: str, after: After, limit: int,
) -> Sequence[Any]:
    values = {**filters, "wanted": limit + 1} | ({"after_at": after[0], "after_id": after[1]} if after else {})
    conditions = frozenset(one for one in filters if one == "days" or one in LISTINGS[name].filters)
    return await tx.rows(statement_of(name, conditions, sort, after is not None), **values)


@cache
def statement_of(name: str, filters: frozenset[str], sort: str, goes_on: bool) -> Any:
    """One statement text for each set of filters, sort, and first or later page."""
    listing, down = LISTINGS[name], sort.startswith("-")
    at = listing.sorts[sort.lstrip("-")]
    implied, left = _IMPLIED.get((name, sort), ("", true())) if goes_on else ("", true())
    statement = listing.statement.where(
        *(left if one == implied else listing.filters[one] for one in sorted(filters - {"days"})))
    if "days" in filters:
        statement = statement.where(
            invoice_days.among_the_first(down=down, goes_on=goes_on, with_status="status" in filters))
    if goes_on:
        last = tuple_(bindparam("after_at", type_=at.type), bindparam("after_id", type_=Uuid))
        here = tuple_(at, listing.id)
        statement = statement.where(here < last if down else here > last)
    order = (at.desc(), listing.id.desc()) if down else (at, listing.id)
    cut = statement.order_by(*order).limit(bindparam("wanted", type_=Integer))
    return _named_page(cut, at, down) if listing.named else cut


def _named_page(cut: Any, at: ColumnElement[Any], down: bool) -> Any:
    """The rows of a page with their customers; the order is said again as it was given."""
    page = cut.add_columns(at.label("place")).cte("page")
    places = (page.c.place,) if at.name == "id" else (page.c.place, page.c.id)
    return beside(page).order_by(*(one.desc() for one in places) if down else places)


def _dated(after: After) -> After:
    """A cursor's values as the database takes them: a date or an id, then an id."""
    if after is None:
        return None
    at, last_id = after
    return (UUID(at) if len(at) == len(str(UUID(int=0))) else date.fromisoformat(at)), UUID(last_id)


def _listed(row: Any) -> ListedInvoice:
    currency = row["currency"]
    return ListedInvoice(
        row["id"], row["customer_id"], InvoiceStatus(row["status"]), row["number"], row["external_id"],
        row["issued_on"], row["due_on"], Money(row["total"], currency), Money(int(row["open"]), currency), named(row))

