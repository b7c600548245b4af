"""Cover: what others answer for when a customer does not pay. It counts once, in the limit, by its share and dates."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from credit_svc.domain.limit_override import OverrideRules, beyond_step
from credit_svc.domain.policy import WHOLE_BPS, share_of
from dunlin_kernel.errors import Conflict, Forbidden, RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money, sum_money


class CoverKind(StrEnum):
    """`insurance`: an insurer's limit; `guarantee`: another's promise to pay; `deposit`: money held as security."""

    INSURANCE = "insurance"
    GUARANTEE = "guarantee"
    DEPOSIT = "deposit"


class CoverState(StrEnum):
    """`waiting` for a second person counts for nothing; `ended` is by hand, before its last day."""

    WAITING = "waiting"
    STANDING = "standing"
    ENDED = "ended"


COVERS = Lifecycle[CoverState]("cover", {
    CoverState.WAITING: {CoverState.STANDING, CoverState.ENDED},
    CoverState.STANDING: {CoverState.ENDED},
    CoverState.ENDED: set(),
})


@dataclass(frozen=True, slots=True)
class Cover:
    """`share_bps` of the amount counts: the insured percentage, or the whole less a haircut; `retention` is taken off
    what is left, and so is what was `paid_out` on claims, in minor units. Both dates are inclusive; without an end it
    stands until it is ended."""

    id: UUID
    kind: CoverKind
    amount: Money
    share_bps: int
    retention: Money
    valid_from: date
    valid_until: date | None
    state: CoverState = CoverState.STANDING
    paid_out: int = 0

    @property
    def used(self) -> Money:
        """What was paid on claims."""
        return Money(self.paid_out, self.amount.currency)

    @property
    def counts(self) -> Money:
        """What it adds to the limit: never below zero."""
        left = share_of(self.amount, self.share_bps) - self.retention - self.used
        return max(Money.zero(self.amount.currency), left)

    def paying(self, paid: Money) -> "Cover":
        """So much of it was paid on a claim."""
        return replace(self, paid_out=self.paid_out + paid.minor)

    def approved(self, *, maker: str, checker: str) -> "Cover":
        """Refuses: illegal_transition, second_person_needed."""
        state = COVERS.advance(self.state, CoverState.STANDING)
        if maker == checker:
            raise Forbidden("second_person_needed", "Another person than the one who registered it approves.")
        return replace(self, state=state)

    def ended(self) -> "Cover":
        """Refuses: cover_ended."""
        if self.state is CoverState.ENDED:
            raise Conflict("cover_ended", "This cover was ended already.")
        return replace(self, state=COVERS.advance(self.state, CoverState.ENDED))


@dataclass(frozen=True, slots=True)
class CountedCover:
    """A cover as a decision takes it: what it counts for on the day."""

    id: UUID
    kind: CoverKind
    counts: Money


def covered(covers: Iterable[CountedCover], kinds: Collection[str], currency: str) -> Money:
    """What covers of these kinds add to a limit."""
    return sum_money(currency, (one.counts for one in covers if one.kind.value in kinds))


def registered(cover: Cover, rules: OverrideRules, *, today: date, alone: Money | None = None) -> Cover:
    """As it stands once registered: waiting, where it gives more than one person may give alone, with what was given
    `alone` in the days before.

    Refuses: bad_cover, validity_reversed, validity_in_past.
    """
    if not cover.amount.is_positive or not 0 < cover.share_bps <= WHOLE_BPS or cover.retention.is_negative:
        raise RuleBroken("bad_cover", "A cover has an amount, a share of 1 to 10,000 basis points and no less than no "
                                      "retention.")
    if cover.valid_until is not None and cover.valid_until < cover.valid_from:
        raise RuleBroken("validity_reversed", "A cover cannot end before it begins.")
    if cover.valid_until is not None and cover.valid_until < today:
        raise RuleBroken("validity_in_past", "A cover cannot be registered that has already ended.")
    waits = cover.counts.is_positive and beyond_step(cover.counts if alone is None else cover.counts + alone, rules)
    return replace(cover, state=CoverState.WAITING if waits else CoverState.STANDING)
