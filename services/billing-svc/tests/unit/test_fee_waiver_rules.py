"""Letting a fee go: how much of which, and that a charge and its waiver leave nothing."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from billing_svc.domain.charge import Charge, ChargeReason, ChargeWish, charged_item, fact_of_charge
from billing_svc.domain.fee_waiver import FeeWaiver, FeeWaiverReason, WaiveFee, fact_of_fee_waiver, waivable_fee
from billing_svc.domain.item import ItemKind
from billing_svc.domain.proposal import Proposal, ProposalKind, ProposalState
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


CHARGE = Charge(UUID(int=1), UUID(int=2), "FEE-1", ChargeWish(
    ItemKind.FEE, UUID(int=7), cny(5_000), DAY, DAY, ChargeReason.REMINDER))
WISH = WaiveFee(UUID(int=9), UUID(int=2), FeeWaiverReason.GOODWILL)


@pytest.mark.parametrize(
    ("kind", "owed", "disputed", "amount", "paid", "expected"),
    [
        (ItemKind.FEE, 5_000, 0, None, 0, 5_000),
        (ItemKind.FEE, 5_000, 2_000, None, 0, 3_000),
        (ItemKind.FEE, 5_000, 0, cny(1), 0, 1),
        (ItemKind.FEE, 2_000, 0, cny(5_000), 3_000, 5_000),
        (ItemKind.FEE, 0, 0, cny(5_000), 5_000, 5_000),
        (ItemKind.FEE, 0, 0, None, 5_000, "nothing_open"),
        (ItemKind.FEE, 0, 0, cny(1), 0, "nothing_open"),
        (ItemKind.FEE, 2_000, 0, cny(2_001), 0, "more_than_undisputed"),
        (ItemKind.FEE, 2_000, 1_000, cny(1_001), 0, "more_than_undisputed"),
        (ItemKind.FEE, 2_000, 0, cny(0), 0, "amount_not_positive"),
        (ItemKind.FEE, 2_000, 2_000, None, 0, "amount_not_positive"),
        (ItemKind.FEE, 2_000, 0, Money(1, "EUR"), 0, "currency_mismatch"),
        (ItemKind.INTEREST, 5_000, 0, None, 0, "not_fee"),
        (ItemKind.INVOICE, 5_000, 0, None, 0, "not_fee"),
        (ItemKind.RECLAIM, 5_000, 0, None, 0, "not_fee"),
    ],
)
def test_what_may_be_let_go(
    kind: ItemKind, owed: int, disputed: int, amount: Money | None, paid: int, expected: int | str,
) -> None:
    item = replace(charged_item(CHARGE), kind=kind, open=cny(owed), disputed=cny(disputed))
    try:
        found: int | str = waivable_fee(item, amount, cny(paid)).minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


def test_a_fee_and_its_waiver_leave_nothing() -> None:
    waiver = FeeWaiver(WISH.id, CHARGE.item_id, CHARGE.wish.customer_id, cny(5_000), WISH.reason, DAY, "maker", None)
    charged, waived = fact_of_charge(CHARGE), fact_of_fee_waiver(waiver)
    assert [-entry.amount for entry in waived.entries] == [entry.amount for entry in charged.entries]
    assert [(line.account, -line.amount) for line in waived.journal] == [
        (line.account, line.amount) for line in charged.journal]


def test_a_large_one_is_approved_by_another_person() -> None:
    proposal = Proposal(WISH.id, UUID(int=7), cny(5_000), WISH, ProposalState.PROPOSED, "maker")
    assert proposal.kind is ProposalKind.FEE_WAIVER
    assert proposal.approved("checker").state is ProposalState.APPROVED
    with pytest.raises(DomainError, match="second_person_needed"):
        proposal.approved("maker")
