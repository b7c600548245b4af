"""A customer's credit position as billing's facts move it: exposures, and reservations that invoices capture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from credit_svc.domain.authorization import Authorization, Capture, capture
from credit_svc.domain.conduct import Conduct
from credit_svc.domain.delivery import Delivery
from credit_svc.domain.delivery import Use as AuthorizationUse
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, Mismatch, exposure_of, follow
from credit_svc.domain.hold import Beside, HoldChanges, HoldRules, Use, Watched, hold_changes
from credit_svc.domain.kept_credit import DepositOrder, KeptCredit
from credit_svc.domain.owed_item import OwedItem, overdue_of
from credit_svc.domain.policy import CreditPolicy
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


class AlertRule(StrEnum):
    OVER_CAPTURE = "over_capture"
    AUTHORIZATION_UNKNOWN = "authorization_unknown"
    AGEING = "ageing"
    CREDIT_CHANGE = "credit_change"
    AMOUNT = "amount"
    CONCENTRATION = "concentration"
    SILENCE = "silence"
    GROUP_EXCEEDED = "group_exceeded"
    CUSTOMER_MERGED = "customer_merged"
    COVER_ENDING = "cover_ending"


@dataclass(frozen=True, slots=True)
class Captured:
    """A delivery or an invoice captured: told and recorded once."""

    use: AuthorizationUse
    capture: Capture


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule wants a person to look."""

    rule: AlertRule
    authorization_id: UUID | None
    invoice_id: UUID | None
    at: datetime
    amount: Money
    tolerated: Money
    level: int = 1
    cover_id: UUID | None = None


Outcome = Captured | Alert | Mismatch


@dataclass(frozen=True, slots=True)
class CreditPosition:
    """One customer while billing's facts are folded in; `outcomes` is what is to be recorded and told, in order.

    `reserved` holds the sums of the authorisation heads that were locked for captures, by currency; `items` those that
    the facts name, as do `deliveries`. `beside` is None where no rule of holds is on, `today` where the tenant is not
    known yet.
    """

    customer_id: UUID
    policy: CreditPolicy
    exposures: Mapping[str, Exposure]
    reserved: Mapping[str, Money]
    authorizations: Mapping[UUID, Authorization]
    outcomes: tuple[Outcome, ...] = ()
    items: Mapping[UUID, OwedItem] = field(default_factory=dict)
    rules: HoldRules = field(default_factory=HoldRules)
    beside: Beside | None = None
    conduct: Conduct = field(default_factory=Conduct)
    deliveries: Mapping[UUID, Delivery] = field(default_factory=dict)
    today: date | None = None
    kept: Mapping[UUID, KeptCredit] = field(default_factory=dict)
    orders: Mapping[UUID, DepositOrder] = field(default_factory=dict)

    @property
    def clears(self) -> bool:
        """Whether an item past due is owed no more, or what was learnt against the customer was undone."""
        today = self.today or date.min
        paid_up = any(one.due_on < today and one.undisputed.is_zero for one in self.items.values())
        return paid_up or self.conduct.clears

    def following(self, by: Figures, told: Figures, *, at: int) -> Self:
        """Take a money fact in: our copy moves by its amount and is proved against the figures told."""
        held = self.exposures.get(told.currency, Exposure.unheard(told.currency))
        after, mismatch = follow(held, by, told, sequence=at)
        found = () if mismatch is None else (mismatch,)
        return replace(self, exposures={**self.exposures, told.currency: after}, outcomes=(*self.outcomes, *found))

    def owing(self, item: OwedItem) -> Self:
        """An item as it stands now; what is known of it beside is in `items`."""
        return replace(self, items={**self.items, item.id: item})

    def delivered(self, delivery: Delivery, *, at: int) -> Self:
        """Something left that is not billed yet; what was reserved for it is captured by `using`."""
        known = self.deliveries.get(delivery.id)
        by = delivery.open if known is None else delivery.open - known.open
        held = self.exposures.get(by.currency, Exposure.unheard(by.currency))
        after = replace(held, delivered=held.delivered + by, sequence=at)
        return replace(
            self, deliveries={**self.deliveries, delivery.id: delivery},
            exposures={**self.exposures, by.currency: after})

    def delivery_left(self, delivery_id: UUID, opened: Money, *, at: int) -> Self:
        """So much of a delivery is not billed now; one that was not told of does not count."""
        known = self.deliveries.get(delivery_id)
        return self if known is None else self.delivered(replace(known, open=opened), at=at)

    def accruing(self, accrued: Money, *, at: int) -> Self:
        """So much interest has accrued in all and is no item yet."""
        held = self.exposures.get(accrued.currency, Exposure.unheard(accrued.currency))
        after = replace(held, accrued=accrued, sequence=at)
        return replace(self, exposures={**self.exposures, accrued.currency: after})

    def keeping(self, credit: KeptCredit, *, at: int) -> Self:
        """So much of a credit is kept for its order now."""
        known = self.kept.get(credit.credit_id)
        by = credit.kept if known is None else credit.kept - known.kept
        held = self.exposures.get(by.currency, Exposure.unheard(by.currency))
        after = replace(held, kept=held.deposits + by, sequence=at)
        return replace(self, kept={**self.kept, credit.credit_id: credit},
                       exposures={**self.exposures, by.currency: after})

    def charging(self, amount: Money) -> Self:
        """Interest that had accrued is an item now."""
        held = self.exposures.get(amount.currency, Exposure.unheard(amount.currency))
        return replace(self, exposures={**self.exposures, amount.currency: held.charged(amount)})

    def using(self, use: AuthorizationUse) -> Self:
        """Turn what was reserved for a delivery or an invoice into what it is; that comes in by itself."""
        before = self.authorizations.get(use.authorization_id)
        if before is None or before.currency != use.amount.currency:
            return self._alarmed(use, AlertRule.AUTHORIZATION_UNKNOWN, use.amount, Money.zero(use.amount.currency))
        done = capture(before, use.amount, final=use.final, policy=self.policy)
        if use.amount.is_zero and done.released.is_zero:
            return self
        after = replace(
            self,
            authorizations={**self.authorizations, before.id: done.after},
            reserved={**self.reserved, before.currency: self.reserved[before.currency] - done.captured - done.released},
            outcomes=(*self.outcomes, Captured(use, done)),
        )
        return after._alarmed(use, AlertRule.OVER_CAPTURE, done.over, done.tolerated) if done.alarms else after

    def hold_changes(self) -> HoldChanges:
        """The holds to place and to release now that the facts are in."""
        beside = self.beside
        if beside is None:
            return HoldChanges((), ())
        grace_days = self.rules.overdue_grace_days or 0
        overdue = overdue_of(self.items.values(), beside.overdue, today=beside.today, grace_days=grace_days)
        uses = {currency: Use(self._exposure_in(currency), beside.limits.get(currency)) for currency in self.exposures}
        watched = Watched(beside.today, overdue, uses, beside.grade, beside.promise_broken_on, beside.waived)
        return hold_changes(set(beside.standing), watched, self.rules)

    def _exposure_in(self, currency: str) -> Money:
        held = self.beside.reserved.get(currency, Money.zero(currency)) if self.beside else Money.zero(currency)
        exposure = self.exposures[currency]
        parts = ExposureParts.of(
            exposure.figures, reserved=self.reserved.get(currency, held), delivered=exposure.delivered,
            accrued=exposure.accrued, kept=exposure.kept)
        return exposure_of(parts, self.policy)

    def _alarmed(self, use: AuthorizationUse, rule: AlertRule, amount: Money, tolerated: Money) -> Self:
        if use.silent:
            return self
        alert = Alert(rule, use.authorization_id, use.invoice_id, use.at, amount, tolerated)
        return replace(self, outcomes=(*self.outcomes, alert))
