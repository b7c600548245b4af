"""What may be given up: no debt is while a credit note on its invoice is unapplied, for that pays it first. Given up
beside such a note it would leave the customer a credit that nobody ever paid."""

from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money


def without_unapplied_note(item: Item, unapplied: Money | None) -> Item:
    """The item; `unapplied` is what is left of the credit notes on its invoice, None where there are none.

    Refuses: credit_note_unapplied.
    """
    if item.kind is ItemKind.INVOICE and unapplied is not None and unapplied.is_positive:
        raise Conflict("credit_note_unapplied", "A credit note on its invoice is unapplied; let that pay it first.",
                       item_id=item.id, unapplied=unapplied)
    return item
