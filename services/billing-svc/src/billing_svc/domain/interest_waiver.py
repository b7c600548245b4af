"""Letting interest go: proposed by one person, approved by another; so much of an interest item is not owed then."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.errors import Forbidden, RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class InterestWaiverReason(StrEnum):
    GOODWILL = "goodwill"
    SETTLEMENT = "settlement"
    OUR_ERROR = "our_error"


class InterestWaiverState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


WAIVER_LIFECYCLE = Lifecycle("waiver", {
    InterestWaiverState.PROPOSED: {InterestWaiverState.APPROVED, InterestWaiverState.REFUSED},
    InterestWaiverState.APPROVED: set(),
    InterestWaiverState.REFUSED: set(),
})


@dataclass(frozen=True, slots=True)
class WaiverProposal:
    """So much of an interest item is to be let go."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    reason: InterestWaiverReason
    state: InterestWaiverState
    maker: str


def waivable(item: Item, amount: Money | None, paid: Money) -> Money:
    """The amount that is let go: all that is open of it and not disputed, or a named amount of that and of what was
    `paid`, which is given back.

    Refuses: not_interest, nothing_open, currency_mismatch, more_than_undisputed, amount_not_positive.
    """
    if item.kind is not ItemKind.INTEREST:
        raise RuleBroken("not_interest", "Only interest is waived so; credit or write off anything else.")
    return most_let_go(item, amount, paid)


def most_let_go(item: Item, amount: Money | None, paid: Money) -> Money:
    """All that is open of a charge and not disputed, or a named amount of that and of what was paid.

    Refuses: nothing_open, currency_mismatch, more_than_undisputed, amount_not_positive.
    """
    if item.is_settled and (amount is None or paid.is_zero):
        raise RuleBroken("nothing_open", "Nothing is open on this item.", item_id=item.id)
    wanted = item.undisputed if amount is None else amount
    if wanted > item.undisputed + paid:
        raise RuleBroken("more_than_undisputed", "No more is waived than was paid, or is open and not in dispute.",
                         undisputed=item.undisputed, paid=paid)
    if not wanted.is_positive:
        raise RuleBroken("amount_not_positive", "A waiver has an amount above zero.")
    return wanted


def signed(proposal: WaiverProposal, checker: str) -> InterestWaiverState:
    """Refuses: illegal_transition, second_person_needed."""
    state = WAIVER_LIFECYCLE.advance(proposal.state, InterestWaiverState.APPROVED)
    if checker == proposal.maker:
        raise Forbidden("second_person_needed", "Another person than the one who proposed it approves a waiver.")
    return state
