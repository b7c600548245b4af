"""The route that gives the archive as a file for spreadsheets."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import Response

from customer_svc.api.customer_lists import Listing
from customer_svc.domain.classification import Dimension
from customer_svc.domain.customer import Customer
from customer_svc.domain.spreadsheet import as_csv
from customer_svc.store import classes, customer_lists, groups, staff
from dunlin_kit.auth import requires
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["customers"])
SLICE = 1_000
HEADER = ("external_id", "name", "due_days", "number", "kind", "status", "tax_id", "region", "industry", "source",
          "tags", "end_of_month", "prepayment_bps", "cash_on_delivery", "group", "owner", "registered_at",
          *(dimension.value for dimension in Dimension))


@router.get("/customers:export", dependencies=[requires("customers:read")], response_class=Response,
            responses={200: {"description": "Comma-separated values in UTF-8, a line per customer.",
                             "content": {"text/csv": {"schema": {"type": "string"}}}}})
async def export_customers(tx: Tx, query: Listing) -> Response:
    """All customers with exactly these values as a file for spreadsheets; its columns can be imported again."""
    filters = query.model_dump(mode="json", exclude_none=True, exclude={"sort"})
    rows: list[Sequence[str]] = []
    after, more = None, True
    while more:
        found = await customer_lists.page(tx, filters, query.sort, after, SLICE)
        shown, more = found[:SLICE], len(found) > SLICE
        rows += await _rows(tx, shown)
        after = customer_lists.key_of(shown[-1], query.sort) if more else None
    return Response(as_csv(HEADER, rows), media_type="text/csv",
                    headers={"Content-Disposition": 'attachment; filename="customers.csv"'})


async def _rows(tx: Tx, customers: Sequence[Customer]) -> list[Sequence[str]]:
    """One row per customer, with the number of its group, the code of its owner, and its classes."""
    grouped = await groups.some(tx, {one.group_id for one in customers if one.group_id})
    everybody = await staff.everybody(tx) if any(one.owner_id for one in customers) else {}
    held = await classes.of_customers(tx, [one.id for one in customers])
    rows: list[Sequence[str]] = []
    for one in customers:
        known, terms = one.particulars, one.particulars.terms
        own = held.get(one.id, {})
        rows.append([
            known.external_id or "", known.name, str(terms.due_days), one.number, known.kind.value, one.status.value,
            known.tax_id or "", known.region or "", known.industry or "", known.source or "", "; ".join(known.tags),
            _yes(terms.end_of_month), str(terms.prepayment_bps), _yes(terms.cash_on_delivery),
            grouped[one.group_id].number if one.group_id else "", everybody[one.owner_id].code if one.owner_id else "",
            one.registered_at.isoformat(), *(own[d].value if d in own else "" for d in Dimension)])
    return rows


def _yes(held: bool) -> str:
    return "true" if held else "false"
