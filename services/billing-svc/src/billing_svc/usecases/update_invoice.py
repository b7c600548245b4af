"""Give a draft other content; an issued invoice is never edited."""

from dataclasses import replace

from billing_svc.domain.invoice import DraftInvoice, Invoice
from billing_svc.store import audit, invoices
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def update_invoice(tx: Transaction, wish: DraftInvoice, *, expected: int) -> Invoice:
    """The draft named by `wish.id`, with this content. Its customer, external id and origin stay.

    Refuses: invoice_not_found, etag_mismatch, not_a_draft, and what `draft` refuses.
    """
    held = (await invoices.hold(tx, [wish.id]))[wish.id]
    if held.version != expected:
        raise stale()
    tenant = await present(tx)
    changed = held.redrafted(replace(
        wish, customer_id=held.wish.customer_id, external_id=held.wish.external_id, origin=held.wish.origin))
    invoices.change(tx, changed, recorded_at=tenant.now)
    audit.add(tx, "invoice_redrafted", wish.id, customer_id=held.wish.customer_id, recorded_at=tenant.now,
              before={"total": str(held.totals.total)}, after={"total": str(changed.totals.total)})
    return changed
