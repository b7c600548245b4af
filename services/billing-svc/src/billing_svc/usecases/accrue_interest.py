"""Reckon what interest has accrued on a slice of accounts up to today, and tell it where it has changed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from billing_svc.domain.interest_accrual import accrued_of
from billing_svc.domain.interest_charge import Reckoning
from billing_svc.domain.interest_law import InterestLaw, bearing_of
from billing_svc.domain.interest_policy import InterestPolicy
from billing_svc.store import customers, interest, interest_accruals, interest_waiting, items
from billing_svc.store.accounts import AccountKey
from billing_svc.store.interest import Charged
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def accrue_interest(tx: Transaction, today: date, accounts: Sequence[AccountKey]) -> None:
    """Of these accounts. No money moves: it is what a run of today would charge. What such a run would leave as it is
    does not wait for one."""
    policy = await interest.policy_in_force(tx)
    told = await interest_accruals.told(tx, accounts)
    reckoned: dict[AccountKey, list[Reckoning]] = defaultdict(list)
    if policy.rules:
        noted = await interest_waiting.of_accounts(tx, accounts, today)
        found, over = await _reckoned(tx, policy, noted, today)
        for one in found:
            reckoned[one.item.customer_id, one.item.amount.currency].append(one)
        await interest_waiting.forget(tx, {item_id: noted[item_id] for item_id in over})
    after = {account: accrued_of(reckoned[account], account[1]) for account in accounts}
    interest_accruals.keep(tx, after, to_on=today)
    tx.emit(*(InterestAccrued(customer_id=account[0], amount=Amount.of(amount), to_on=today)
              for account, amount in after.items() if amount != told.get(account, Money.zero(account[1]))))


async def _reckoned(
    tx: Transaction, policy: InterestPolicy, ids: Collection[UUID], today: date,
) -> tuple[Sequence[Reckoning], Sequence[UUID]]:
    """Of each item that bears interest by a rule whose rates are known; and which are settled and never will."""
    claims = await items.by_id(tx, ids)
    references, moves = await interest.references(tx), await interest.moves_of(tx, ids)
    contested, charged = await interest.contested_of(tx, ids), await interest.charged_on(tx, ids)
    law = InterestLaw(policy, references, await customers.regions_of(tx, {one.customer_id for one in claims.values()}))
    found, over = list[Reckoning](), list[UUID]()
    for item in claims.values():
        rule, bearing = law.rule_of(item), bearing_of(item, moves, contested)
        before = charged.get(item.id) or Charged(Money.zero(item.amount.currency), compensated=False)
        one = None
        with suppress(Conflict):  # its reference rate is not known yet: nothing can be charged
            one = law.reckoned(rule, item, bearing, before.amount, today) if rule else None
            over += [item.id] if item.is_settled and (
                one is None or (one.is_nothing and not before.compensated and bearing.known_by(today))) else []
        found += [one] if one else []
    return found, over
