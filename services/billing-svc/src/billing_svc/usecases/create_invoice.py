"""Create invoices: as drafts, or issued in the same step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from billing_svc.domain.customer import going_on, heard_of
from billing_svc.domain.invoice import DraftInvoice, Invoice, draft
from billing_svc.store import audit, customers, invoices, number_series
from billing_svc.usecases.issue_invoice import InvoiceView, issue_drafts, paid_ahead
from billing_svc.usecases.posting import open_posting
from dunlin_kit.tenants import Also, present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CreateInvoice:
    """The wish for an invoice; `issue` False keeps it a draft, which takes no number and owes nothing."""

    draft: DraftInvoice
    issue: bool


async def create_invoice(tx: Transaction, wishes: Sequence[CreateInvoice]) -> list[InvoiceView]:
    """Make drafts, and issue those that are to be issued. All or none.

    Refuses: customer_not_known_yet, customer_merged, and what `draft` and `issue_drafts` refuse.
    """
    made = [draft(wish.draft) for wish in wishes]
    to_issue = [one for one, wish in zip(made, wishes, strict=True) if wish.issue]
    issued: dict[UUID, InvoiceView] = {}
    if to_issue:
        series, buyers = _wanted_too(to_issue)
        posting = await open_posting(tx, [one.account for one in to_issue], *series, also=buyers)
        views = await issue_drafts(posting, to_issue, customers.of_rows(posting.beside))
        issued = {view.invoice.id: view for view in views}
    now = posting.tenant.now if to_issue else (await present(tx)).now
    await _keep_drafts(tx, [one for one in made if one.id not in issued], now)
    views = [issued.get(one.id, InvoiceView(one)) for one in made]
    for view in views:
        invoices.add(tx, view.invoice, created_at=now)
    paid = await paid_ahead(posting, list(issued.values())) if to_issue else []
    after = {view.invoice.id: view for view in paid}
    return [after.get(view.invoice.id, view) for view in views]


def _wanted_too(drafts: Sequence[Invoice]) -> tuple[tuple[Any, ...], Also]:
    """What the trip to the books brings along: the buyers, and the series, held, unless deliveries come before."""
    buyers = customers.known_too([one.wish.customer_id for one in drafts])
    if any(one.wish.delivery_ids or one.wish.authorization_id for one in drafts):
        return (), buyers
    names = sorted({one.wish.series for one in drafts})
    return (number_series.HELD,), Also(buyers.joined, {**buyers.values, "names": names})


async def _keep_drafts(tx: Transaction, drafts: Sequence[Invoice], now: datetime) -> None:
    known = await customers.known(tx, [one.wish.customer_id for one in drafts]) if drafts else {}
    for one in drafts:
        going_on(heard_of(known.get(one.wish.customer_id), one.wish.customer_id))
        audit.add(tx, "invoice_drafted", one.id, customer_id=one.wish.customer_id, recorded_at=now)
