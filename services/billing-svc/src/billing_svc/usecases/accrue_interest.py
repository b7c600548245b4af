"""Reckon what interest has accrued on a slice of accounts up to today, and tell it where it has changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from billing_svc.domain.interest_accrual import accrued_of
from billing_svc.domain.interest_charge import Reckoning
from billing_svc.domain.interest_law import InterestLaw, bearing_of
from billing_svc.domain.interest_policy import InterestPolicy
from billing_svc.domain.item import Item
from billing_svc.store import customers, interest, interest_accruals, items
from billing_svc.store.accounts import AccountKey
from billing_svc.store.interest import Charged
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def accrue_interest(tx: Transaction, today: date, most: int) -> bool:
    """Up to `most` accounts; False when none is left. No money moves: it is what a run of today would charge."""
    policy = await interest.policy_in_force(tx)
    accounts = await interest_accruals.waiting(tx, today, most, ruled=bool(policy.rules))
    if not accounts:
        return False
    reckoned: dict[AccountKey, list[Reckoning]] = defaultdict(list)
    if policy.rules:
        for one in await _reckoned(tx, policy, accounts, today):
            reckoned[one.item.customer_id, one.item.amount.currency].append(one)
    after = {account: accrued_of(reckoned[account], account[1]) for account in accounts}
    interest_accruals.keep(tx, after, to_on=today)
    tx.emit(*(InterestAccrued(customer_id=account[0], amount=Amount.of(amount), to_on=today)
              for account, amount in after.items() if amount != accounts[account]))
    return len(accounts) == most


async def _reckoned(
    tx: Transaction, policy: InterestPolicy, accounts: Collection[AccountKey], today: date,
) -> Iterable[Reckoning]:
    """Of each item that bears interest by a rule whose rates are known."""
    ids = await interest_accruals.items_of(tx, accounts, today)
    claims = await items.by_id(tx, ids)
    references, moves = await interest.references(tx), await interest.moves_of(tx, ids)
    contested, charged = await interest.contested_of(tx, ids), await interest.charged_on(tx, ids)
    law = InterestLaw(policy, references, await customers.regions_of(tx, {one.customer_id for one in claims.values()}))

    def reckon(item: Item) -> Reckoning | None:
        rule = law.rule_of(item)
        try:
            return None if rule is None else law.reckoned(
                rule, item, bearing_of(item, moves, contested), _charged(charged, item), today)
        except Conflict:  # its reference rate is not known yet: nothing can be charged
            return None

    return [one for one in map(reckon, claims.values()) if one is not None]


def _charged(charged: dict[UUID, Charged], item: Item) -> Money:
    before = charged.get(item.id)
    return Money.zero(item.amount.currency) if before is None else before.amount
