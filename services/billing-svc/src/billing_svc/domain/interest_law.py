"""The law by which interest is reckoned: the tenant's policy, the reference rates that are known, and where its debtors
are. What accrues and what is charged are reckoned by the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.interest import Bearing, Contested, interest_of, segments_of
from billing_svc.domain.interest_charge import Reckoning
from billing_svc.domain.interest_policy import Debtor, InterestPolicy, InterestRule, RateStep, rates_for, rule_for
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class InterestLaw:
    """`references` by their names, `regions` of customers by id."""

    policy: InterestPolicy
    references: Mapping[str, Sequence[RateStep]]
    regions: Mapping[UUID, str | None]

    def rule_of(self, item: Item) -> InterestRule | None:
        """The rule for an item; None when no interest runs on it."""
        return rule_for(self.policy, Debtor(
            item.customer_id, self.regions.get(item.customer_id), item.amount.currency, item.due_on))

    def reckoned(self, rule: InterestRule, item: Item, bearing: Bearing, charged: Money, to_on: date) -> Reckoning:
        """Interest on an item to a day, of which so much was charged before. Refuses: reference_rate_missing."""
        rates = rates_for(rule, self.references.get(rule.reference or "", ()), item.due_on)
        segments = segments_of(bearing, rates, to_on)
        total = interest_of(segments, rule.day_base, item.amount.currency)
        return Reckoning(item, to_on, segments, total, charged, rule.name)


def bearing_of(
    item: Item, moves: Mapping[UUID, Sequence[Step]], contested: Mapping[UUID, Sequence[Contested]],
) -> Bearing:
    """What bears interest of an item; both by item."""
    return Bearing(item.amount, item.due_on, moves.get(item.id, ()), contested.get(item.id, ()))
