"""Items on which interest is to be reckoned: each with what bears interest of it, and what was charged so far."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.interest import Bearing
from billing_svc.domain.interest_law import InterestLaw, bearing_of
from billing_svc.domain.interest_policy import InterestRule
from billing_svc.domain.item import Item, ItemKind
from billing_svc.store import charges, interest, items
from billing_svc.store.interest import Charged
from billing_svc.usecases.charging_interest import paid_on
from billing_svc.usecases.posting import Posting
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class InterestCase:
    """One item: what bears interest of it, by which rule (None: it stays as it is), what was charged so far: interest
    (`standing`) and the compensation for its late payment (`fixed`), and what was `paid` of both."""

    item: Item
    bearing: Bearing
    rule: InterestRule | None
    charged: Charged
    standing: tuple[Item, ...]
    fixed: tuple[Item, ...]
    paid: Mapping[UUID, Sequence[Allocation]]


async def interest_cases(posting: Posting, found: Collection[UUID], law: InterestLaw) -> list[InterestCase]:
    tx = posting.tx
    claims = await items.by_id(tx, found)
    standing = await items.charges_on(tx, found, ItemKind.INTEREST)
    bearing = {one.id: one for on_claim in standing.values() for one in on_claim}
    before = await interest.charged_on(tx, found)
    fixed = await items.by_id(tx, await charges.compensations_on(tx, [of for of in before if before[of].compensated]))
    posting.items |= claims | bearing | fixed
    moves, contested = await interest.moves_of(tx, found), await interest.contested_of(tx, found)
    paid = await paid_on(posting, (*bearing, *fixed))
    return [
        InterestCase(item, bearing_of(item, moves, contested), law.rule_of(item),
              before.get(item.id) or Charged(Money.zero(item.amount.currency), compensated=False),
              tuple(standing.get(item.id, ())), tuple(fee for fee in fixed.values() if fee.claim_item_id == item.id),
              paid)
        for item in sorted(claims.values(), key=lambda item: item.id)]
