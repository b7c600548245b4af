"""Discard a draft: it will never be issued, and never had a number."""

from uuid import UUID

from billing_svc.domain.invoice import Invoice
from billing_svc.store import audit, invoices
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def discard_invoice(tx: Transaction, invoice_id: UUID, *, expected: int) -> Invoice:
    """Refuses: invoice_not_found, etag_mismatch, not_a_draft."""
    held = (await invoices.hold(tx, [invoice_id]))[invoice_id]
    if held.version != expected:
        raise stale()
    tenant = await present(tx)
    discarded = held.discarded()
    invoices.change(tx, discarded, recorded_at=tenant.now)
    audit.add(tx, "invoice_discarded", invoice_id, customer_id=held.wish.customer_id, recorded_at=tenant.now)
    return discarded
