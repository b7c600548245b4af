"""A customer's credit position as billing's facts move it: exposures, and reservations that invoices capture."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from credit_svc.domain.authorization import Authorization, Capture, capture
from credit_svc.domain.conduct import Conduct
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, Mismatch, exposure_of, follow
from credit_svc.domain.hold import Beside, HoldChanges, HoldRules, Use, Watched, hold_changes
from credit_svc.domain.owed_item import OwedItem, overdue_of
from credit_svc.domain.policy import CreditPolicy
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


@dataclass(frozen=True, slots=True)
class Billed:
    """What an invoice says of the authorisation it names; `silent` when it is taken over from an older ledger."""

    invoice_id: UUID
    at: datetime
    authorization_id: UUID
    total: Money
    final: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Captured:
    """An invoice captured: told and recorded once."""

    invoice_id: UUID
    at: datetime
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


Outcome = Captured | Alert | Mismatch


@dataclass(frozen=True, slots=True)
class CreditPosition:
    """One customer while billing's facts are folded in; `outcomes` is what is to be recorded and told, in order.

    `reserved` holds the sums of the authorisation heads that were locked for captures, by currency; `items` those that
    the facts name. `beside` is None where no rule of holds is on.
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

    def following(self, by: Figures, told: Figures, *, at: int) -> Self:
        """Take a money fact in: our copy moves by its amount and is proved against the figures told."""
        held = self.exposures.get(told.currency, Exposure.unheard(told.currency))
        after, mismatch = follow(held, by, told, sequence=at)
        found = () if mismatch is None else (mismatch,)
        return replace(self, exposures={**self.exposures, told.currency: after}, outcomes=(*self.outcomes, *found))

    def owing(self, item: OwedItem) -> Self:
        """An item as it stands now; what is known of it beside is in `items`."""
        return replace(self, items={**self.items, item.id: item})

    def billed(self, invoice: Billed) -> Self:
        """Turn what was reserved for this invoice into debt; the debt itself comes in by `following`."""
        before = self.authorizations.get(invoice.authorization_id)
        if before is None or before.currency != invoice.total.currency:
            nothing = Money.zero(invoice.total.currency)
            return self._alarmed(invoice, AlertRule.AUTHORIZATION_UNKNOWN, invoice.total, nothing)
        done = capture(before, invoice.total, final=invoice.final, policy=self.policy)
        after = replace(
            self,
            authorizations={**self.authorizations, before.id: done.after},
            reserved={**self.reserved, before.currency: self.reserved[before.currency] - done.captured - done.released},
            outcomes=(*self.outcomes, Captured(invoice.invoice_id, invoice.at, done)),
        )
        return after._alarmed(invoice, AlertRule.OVER_CAPTURE, done.over, done.tolerated) if done.alarms else after

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
        parts = ExposureParts.of(self.exposures[currency].figures, reserved=self.reserved.get(currency, held))
        return exposure_of(parts, self.policy)

    def _alarmed(self, invoice: Billed, rule: AlertRule, amount: Money, tolerated: Money) -> Self:
        if invoice.silent:
            return self
        alert = Alert(rule, invoice.authorization_id, invoice.invoice_id, invoice.at, amount, tolerated)
        return replace(self, outcomes=(*self.outcomes, alert))
