"""What the archive has heard of a customer's credit: the limit in its dates, what is reserved, and what holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from customer_svc.domain.heard_ledger import HeardAccount
from dunlin_kernel.money import Money, sum_money

WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class HeardLimit:
    """A limit inside its dates, both included; `amount` None means not rated, zero means no credit."""

    amount: Money | None
    valid_from: date
    valid_until: date | None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class HeardCredit:
    """Limits and reservations of one customer in one currency; `temporary` comes on top of `base`, and so do `covers`
    by their ids."""

    reserved: Money
    base: HeardLimit | None = None
    temporary: HeardLimit | None = None
    covers: Mapping[UUID, HeardLimit] = field(default_factory=dict)

    def limit_on(self, day: date) -> Money | None:
        """The limit in force on a day: None when not rated, nothing once its dates are over."""
        if self.base is None or self.base.amount is None:
            return None
        nothing = Money.zero(self.reserved.currency)
        base = self.base.amount if self.base.holds_on(day) else nothing
        extras = (*self.covers.values(), *([self.temporary] if self.temporary else []))
        return sum_money(nothing.currency, (base, *(one.amount or nothing for one in extras if one.holds_on(day))))

    def covered(self, cover_id: UUID, cover: HeardLimit | None) -> "HeardCredit":
        """Others answer for so much; None: not any more."""
        others = {one: limit for one, limit in self.covers.items() if one != cover_id}
        return replace(self, covers=others if cover is None else {**others, cover_id: cover})

    def reserving(self, amount: Money) -> "HeardCredit":
        """So much more is reserved; below zero, less."""
        return replace(self, reserved=self.reserved + amount)


@dataclass(frozen=True, slots=True)
class CreditWeights:
    """What of a disputed amount, and of what is delivered and not billed, uses credit, in basis points; and whether
    interest that has accrued does."""

    disputed_bps: int = WHOLE_BPS
    delivered_bps: int = WHOLE_BPS
    accrued_interest: bool = False

    def used(self, account: HeardAccount, reserved: Money) -> Money:
        """Undisputed open, the rest by its weights, and what is reserved, less unapplied credit; may be negative."""
        weighted = share_of(account.disputed, self.disputed_bps) + share_of(account.not_billed, self.delivered_bps)
        accrued = account.interest if self.accrued_interest else Money.zero(account.currency)
        return account.open - account.disputed + weighted + accrued + reserved - account.unapplied


def share_of(amount: Money, bps: int) -> Money:
    """That many basis points of an amount, rounded half away from zero to the minor unit."""
    whole, rest = divmod(abs(amount.minor) * bps, WHOLE_BPS)
    rounded = whole + (2 * rest >= WHOLE_BPS)
    return Money(-rounded if amount.minor < 0 else rounded, amount.currency)


@dataclass(frozen=True, slots=True)
class HeardHold:
    """A hold and the rule that placed it; it stands until it is released."""

    id: UUID
    rule: str
    placed_at: datetime
    released_at: datetime | None = None
