"""A claim on a cover: what is asked of an insurer, a guarantor or out of a deposit, and what was paid on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from credit_svc.domain.cover import Cover, CoverState
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money, sum_money


class ClaimState(StrEnum):
    """`settled` with what was paid, all of it or a part; `refused`: nothing was."""

    FILED = "filed"
    SETTLED = "settled"
    REFUSED = "refused"


CLAIMS = Lifecycle[ClaimState]("claim", {
    ClaimState.FILED: {ClaimState.SETTLED, ClaimState.REFUSED},
    ClaimState.SETTLED: set(),
    ClaimState.REFUSED: set(),
})


@dataclass(frozen=True, slots=True)
class Claim:
    """`paid` is nothing until it is settled."""

    id: UUID
    cover_id: UUID
    amount: Money
    filed_on: date
    paid: Money
    state: ClaimState = ClaimState.FILED
    settled_on: date | None = None

    def settled(self, paid: Money, on: date, *, today: date) -> "Claim":
        """With what was paid; nothing is a refusal. Refuses: bad_claim, illegal_transition."""
        if paid.currency != self.amount.currency or paid.is_negative or paid > self.amount:
            raise RuleBroken("bad_claim", "On a claim is paid between nothing and what was claimed.")
        if not self.filed_on <= on <= today:
            raise RuleBroken("bad_claim", "A claim is settled on a day from its filing on, and not in the future.")
        state = CLAIMS.advance(self.state, ClaimState.SETTLED if paid.is_positive else ClaimState.REFUSED)
        return replace(self, paid=paid, state=state, settled_on=on)


def filed(claim: Claim, cover: Cover, others: Iterable[Claim], *, today: date) -> Claim:
    """A claim on what is left of a cover beside other claims that wait.

    Refuses: bad_claim, cover_not_standing, claim_above_cover.
    """
    if cover.state is CoverState.WAITING:
        raise Conflict("cover_not_standing", "This cover waits for a second person; nothing is claimed on it yet.")
    if claim.amount.currency != cover.amount.currency or not claim.amount.is_positive:
        raise RuleBroken("bad_claim", "A claim is for more than nothing, in the currency of its cover.")
    if not cover.valid_from <= claim.filed_on <= today:
        raise RuleBroken("bad_claim", "A claim is filed from the first day of its cover on, and not in the future.")
    waiting = sum_money(cover.amount.currency, (one.amount for one in others if one.state is ClaimState.FILED))
    if claim.amount + waiting > cover.counts:
        raise RuleBroken("claim_above_cover", "No more is claimed than the cover answers for.",
                         left=(cover.counts - waiting).amount, currency=cover.amount.currency)
    return claim
