"""The payment policy: how long a pending payment waits, and which payments a second person must confirm.

Never the one who recorded it: who asks is compared by subject, so a person's key is that person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from billing_svc.domain.payment import RecordPayment
from dunlin_kernel.errors import Forbidden, RuleBroken
from dunlin_kernel.money import Money

MAX_PENDING_DAYS = 365


class SecondPerson(StrEnum):
    """Why a second person must confirm a payment; a write-off and a waiver always need one. A limit of a customer or
    a group and a cover are signed at credit-svc, which says when. What was paid on a claim there waits to be booked."""

    ABOVE_THRESHOLD = "above_threshold"
    NEW_PAYER = "new_payer"
    WRITE_OFF = "write_off"
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    FEE_WAIVER = "fee_waiver"
    INTEREST_WAIVER = "interest_waiver"
    CREDIT_LIMIT = "credit_limit"
    COVER = "cover"
    GROUP_LIMIT = "group_limit"
    CLAIM_SETTLED = "claim_settled"


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """`pending_days`: how many days after its recording a pending payment can still be confirmed.

    `second_person_above`: by currency, the amount above which a second person confirms. Once one is set, a currency
    without one has none that is small enough.
    """

    version: int
    pending_days: int
    second_person_above: Mapping[str, Money] = field(default_factory=dict)
    second_person_for_new_payer: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.pending_days <= MAX_PENDING_DAYS:
            raise RuleBroken("bad_payment_policy", f"Pending payments wait 1 to {MAX_PENDING_DAYS} days.")
        for currency, amount in self.second_person_above.items():
            assert amount.currency == currency, "a threshold stands under its currency"
            if amount.is_negative:
                raise RuleBroken("bad_payment_policy", "A threshold is zero or more.", currency=currency)


FIRST_POLICY = PaymentPolicy(0, 30)
"""By which every tenant begins."""


def second_person_for(
    command: RecordPayment, policy: PaymentPolicy, known_payers: Collection[str],
) -> SecondPerson | None:
    """Why this payment needs a second person; None when it needs none.

    `known_payers` are those from whom this customer has a confirmed payment; one who is not named is not known.
    """
    threshold = policy.second_person_above.get(command.amount.currency)
    if policy.second_person_above and (threshold is None or command.amount > threshold):
        return SecondPerson.ABOVE_THRESHOLD
    if policy.second_person_for_new_payer and command.payer not in known_payers:
        return SecondPerson.NEW_PAYER
    return None


def another_person(reason: SecondPerson | None, *, maker: str, checker: str) -> str:
    """The one who confirms. Refuses: second_person_needed."""
    if reason is not None and maker == checker:
        raise Forbidden("second_person_needed", "Another person than the one who recorded it confirms this payment.",
                        reason=reason.value)
    return checker
