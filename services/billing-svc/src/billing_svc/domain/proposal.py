"""Proposals: large refunds, credit notes and waivers of fees wait for a second person, never the one who proposed them;
nothing moves before that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.credit_note import IssueCreditNote
from billing_svc.domain.fee_waiver import WaiveFee
from billing_svc.domain.payment_policy import PaymentPolicy, SecondPerson, another_person
from billing_svc.domain.refund import PayRefund
from dunlin_kernel.errors import Forbidden
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class ProposalKind(StrEnum):
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    FEE_WAIVER = "fee_waiver"


class ProposalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


PROPOSAL_LIFECYCLE = Lifecycle("proposal", {
    ProposalState.PROPOSED: {ProposalState.APPROVED, ProposalState.REFUSED},
    ProposalState.APPROVED: set(),
    ProposalState.REFUSED: set(),
})


Wish = PayRefund | IssueCreditNote | WaiveFee
_KINDS: Mapping[type[Wish], ProposalKind] = {
    PayRefund: ProposalKind.REFUND, IssueCreditNote: ProposalKind.CREDIT_NOTE, WaiveFee: ProposalKind.FEE_WAIVER}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is wished, for how much, by whom; once approved it is the refund, credit note or waiver with the same id."""

    id: UUID
    customer_id: UUID
    amount: Money
    wish: Wish
    state: ProposalState
    maker: str
    checker: str | None = None

    @property
    def kind(self) -> ProposalKind:
        return _KINDS[type(self.wish)]

    def approved(self, checker: str) -> "Proposal":
        """Refuses: illegal_transition, second_person_needed."""
        state = PROPOSAL_LIFECYCLE.advance(self.state, ProposalState.APPROVED)
        another_person(SecondPerson(self.kind.value), maker=self.maker, checker=checker)
        return replace(self, state=state, checker=checker)

    def refused(self, checker: str) -> "Proposal":
        """Also by the one who made it. Refuses: illegal_transition."""
        return replace(self, state=PROPOSAL_LIFECYCLE.advance(self.state, ProposalState.REFUSED), checker=checker)


def alone(amount: Money, policy: PaymentPolicy) -> Money:
    """The amount, when one person may give it. Refuses: second_person_needed."""
    threshold = policy.second_person_above.get(amount.currency)
    if policy.second_person_above and (threshold is None or amount > threshold):
        raise Forbidden("second_person_needed", "So much is proposed, and approved by another person.",
                        reason=SecondPerson.ABOVE_THRESHOLD.value)
    return amount
