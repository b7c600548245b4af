"""What is owed and what was billed by product: the open amount of an item is shared out to the lines of its invoice by
their amounts, to the last minor unit; what has no lines (interest, fees) belongs to no product."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing_svc.domain.ageing import Aged
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money

DEFINITION = (
    "What is open of each item, shared out to the lines of its invoice by their amounts with tax (largest remainder), "
    "by days past the due date; items without lines stand under no product. Billed: lines of invoices of the period "
    "with tax, without those that were voided.")


@dataclass(frozen=True, slots=True)
class ProductPart:
    """One product code in one currency; None: no code, or no lines. `whole` is what all products sum to in it."""

    product: str | None
    billed: Money
    aged: Aged
    whole: Money


def tied_parts(parts: Iterable[ProductPart], controls: Mapping[str, Money]) -> list[ProductPart]:
    """The parts themselves, where all of a currency sum to its receivables control. Refuses: report_does_not_tie."""
    shown = list(parts)
    for one in shown:
        control = controls.get(one.whole.currency, Money.zero(one.whole.currency))
        if one.whole != control:
            raise Conflict("report_does_not_tie", "The parts of items by product do not sum to what is owed.",
                           currency=one.whole.currency, items=one.whole, control=control)
    return shown
