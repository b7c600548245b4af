"""Large refunds and credit notes are proposed: by whom they are decided, once, and how much one person gives alone."""

from uuid import UUID

import pytest

from billing_svc.domain.credit_note import CreditNoteReason, IssueCreditNote
from billing_svc.domain.payment_policy import PaymentPolicy
from billing_svc.domain.proposal import Proposal, ProposalKind, ProposalState, alone
from billing_svc.domain.refund import PayRefund, RefundReason
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

REFUND = PayRefund(UUID(int=1), UUID(int=2), RefundReason.OVERPAID, "bank_transfer", Money(500, "CNY"))
NOTE = IssueCreditNote(UUID(int=1), UUID(int=3), CreditNoteReason.QUALITY, ())


def proposed(wish: PayRefund | IssueCreditNote, state: ProposalState = ProposalState.PROPOSED) -> Proposal:
    return Proposal(UUID(int=1), UUID(int=7), Money(500, "CNY"), wish, state, "clerk")


@pytest.mark.parametrize(("wish", "kind"), [(REFUND, ProposalKind.REFUND), (NOTE, ProposalKind.CREDIT_NOTE)])
def test_another_person_approves_and_anybody_refuses(wish: PayRefund | IssueCreditNote, kind: ProposalKind) -> None:
    one = proposed(wish)
    assert one.kind is kind
    assert (one.approved("chief").state, one.approved("chief").checker) == (ProposalState.APPROVED, "chief")
    assert (one.refused("clerk").state, one.refused("clerk").checker) == (ProposalState.REFUSED, "clerk")
    with pytest.raises(DomainError, match="second_person_needed"):
        one.approved("clerk")


@pytest.mark.parametrize("state", [ProposalState.APPROVED, ProposalState.REFUSED])
def test_what_is_decided_stays(state: ProposalState) -> None:
    for decide in (proposed(REFUND, state).approved, proposed(REFUND, state).refused):
        with pytest.raises(DomainError, match="illegal_transition"):
            decide("chief")


@pytest.mark.parametrize(("limits", "minor", "currency", "may"), [
    ({}, 10**9, "CNY", True), ({"CNY": 100}, 100, "CNY", True), ({"CNY": 100}, 101, "CNY", False),
    ({"CNY": 100}, 1, "USD", False)])
def test_how_much_one_person_gives_alone(limits: dict[str, int], minor: int, currency: str, may: bool) -> None:
    policy = PaymentPolicy(1, 30, {code: Money(most, code) for code, most in limits.items()})
    if may:
        assert alone(Money(minor, currency), policy) == Money(minor, currency)
    else:
        with pytest.raises(DomainError, match="second_person_needed"):
            alone(Money(minor, currency), policy)
