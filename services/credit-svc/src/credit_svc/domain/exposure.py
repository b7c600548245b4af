"""Exposure: how much a customer's credit is used, and the proof that our copy of billing's figures is right."""

from dataclasses import dataclass
from typing import Self

from credit_svc.domain.policy import CreditPolicy, share_of
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Figures:
    """A customer's account at billing in one currency; `disputed` is a part of `open`."""

    open: Money
    disputed: Money
    unapplied: Money

    @classmethod
    def zero(cls, currency: str) -> Self:
        nothing = Money.zero(currency)
        return cls(nothing, nothing, nothing)

    @property
    def currency(self) -> str:
        return self.open.currency

    def moved(self, by: "Figures") -> "Figures":
        """These figures after a fact that changed them by so much."""
        return Figures(self.open + by.open, self.disputed + by.disputed, self.unapplied + by.unapplied)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Our copy of a customer's account in one currency as it stood at a sequence of billing's stream, what was
    delivered to the customer and is not billed yet, what interest has accrued and is no item yet, and what of the
    unapplied credit is kept for orders (None: nothing)."""

    figures: Figures
    sequence: int
    delivered: Money
    accrued: Money
    kept: Money | None = None

    @property
    def deposits(self) -> Money:
        """What is kept for orders."""
        return self.kept or Money.zero(self.figures.currency)

    @classmethod
    def unheard(cls, currency: str) -> Self:
        return cls(Figures.zero(currency), 0, Money.zero(currency), Money.zero(currency))

    def charged(self, amount: Money) -> Self:
        """What accrued is an item now; what is charged beyond it was not told of."""
        return replace(self, accrued=max(self.accrued - amount, Money.zero(amount.currency)))


@dataclass(frozen=True, slots=True)
class Mismatch:
    """At this sequence what we reckoned from the fact's amount was not what billing told."""

    sequence: int
    reckoned: Figures
    told: Figures


def follow(held: Exposure, by: Figures, told: Figures, *, sequence: int) -> tuple[Exposure, Mismatch | None]:
    """Move our copy by a money fact and prove it: the figures told are taken, a difference is an integrity breach."""
    reckoned = held.figures.moved(by)
    after = replace(held, figures=told, sequence=sequence)
    return after, None if reckoned == told else Mismatch(sequence, reckoned, told)


@dataclass(frozen=True, slots=True)
class ExposureParts:
    """What exposure is made of, all incl. tax and in one currency; `disputed` is a part of `open`, `accrued` is
    interest that is no item yet (None: none). `kept` (None: nothing) is credit kept for other orders: it is no part of
    `unapplied`, and frees nothing here."""

    open: Money
    disputed: Money
    delivered: Money
    reserved: Money
    unapplied: Money
    accrued: Money | None = None
    kept: Money | None = None

    @classmethod
    def of(
        cls, figures: Figures, *, reserved: Money, delivered: Money, accrued: Money, kept: Money | None = None,
    ) -> Self:
        """`kept` of the unapplied credit is for other orders than the one that is looked at."""
        nothing = Money.zero(figures.currency)
        free = max(figures.unapplied - (kept or nothing), nothing)
        return cls(figures.open, figures.disputed, delivered, reserved, free, accrued, kept)

    @property
    def elsewhere(self) -> Money:
        """What is kept for other orders."""
        return self.kept or Money.zero(self.currency)

    @property
    def interest(self) -> Money:
        """What has accrued."""
        return self.accrued or Money.zero(self.currency)

    @property
    def currency(self) -> str:
        return self.open.currency


def exposure_of(parts: ExposureParts, policy: CreditPolicy) -> Money:
    """Undisputed open + disputed x weight + delivered not billed x weight + reserved - unapplied, and where the policy
    says so, interest accrued; may be negative."""
    accrued = parts.interest if policy.accrued_interest else Money.zero(parts.currency)
    return (
        parts.open - parts.disputed
        + share_of(parts.disputed, policy.disputed_weight_bps)
        + share_of(parts.delivered, policy.delivered_weight_bps)
        + parts.reserved
        + accrued
        - parts.unapplied
    )
