"""Proposals: large refunds and credit notes wait for a second person, never the one who proposed them; nothing moves
before that."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.credit_note import IssueCreditNote
from billing_svc.domain.payment_policy import PaymentPolicy, SecondPerson, another_person
from billing_svc.domain.refund import PayRefund
from dunlin_kernel.errors import Forbidden
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class ProposalKind(StrEnum):
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"


class ProposalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


PROPOSAL_LIFECYCLE = Lifecycle("proposal", {
    ProposalState.PROPOSED: {ProposalState.APPROVED, ProposalState.REFUSED},
    ProposalState.APPROVED: set(),
    ProposalState.REFUSED: set(),
})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is wished, for how much, by whom; once approved it is the refund or credit note with the same id."""

    id: UUID
    customer_id: UUID
    amount: Money
    wish: PayRefund | IssueCreditNote
    state: ProposalState
    maker: str
    checker: str | None = None

    @property
    def kind(self) -> ProposalKind:
        return ProposalKind.REFUND if isinstance(self.wish, PayRefund) else ProposalKind.CREDIT_NOTE

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
