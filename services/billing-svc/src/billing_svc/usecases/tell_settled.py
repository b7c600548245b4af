"""Tell that an invoice is settled: when the last of its items owes nothing more, and none is written off."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from billing_svc.domain.item import Item, ItemKind
from billing_svc.store import items
from billing_svc.usecases.posting import Posting, figures_of
from dunlin_events.contracts.billing import InvoiceSettled, Origin


async def load_siblings(posting: Posting, item_ids: Collection[UUID]) -> None:
    """Read the other instalments of what these items belong to, as far as the posting has not got them."""
    parts = [posting.items[one] for one in item_ids if posting.items[one].instalments > 1]
    wanted = {item.invoice_id for item in parts if item.invoice_id is not None}
    if wanted:
        found = {item.id: item for item in await items.of_invoices(posting.tx, wanted)}
        posting.items = found | posting.items


def tell_settled(posting: Posting, item: Item, *, settled_on: date, origin: Origin) -> None:
    """After a fact that moved `item`; its siblings must be in the posting."""
    if item.kind is not ItemKind.INVOICE or not item.is_settled:
        return
    assert item.invoice_id is not None, "an invoice's item names it"
    siblings = [item] if item.instalments == 1 else [
        one for one in posting.items.values() if one.invoice_id == item.invoice_id and one.kind is item.kind]
    if all(one.is_settled and one.lost.is_zero for one in siblings):
        posting.tx.emit(InvoiceSettled(
            customer_id=item.customer_id, origin=origin,
            account=figures_of(posting.accounts[item.customer_id, item.open.currency]), invoice_id=item.invoice_id,
            number=item.number, settled_on=settled_on))
