"""Confirm pending payments: each becomes the customer's credit and pays what its payer chose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Choice
from billing_svc.domain.deposit_request import check_not_kept
from billing_svc.domain.payment import RecordPayment
from billing_svc.domain.payment_policy import another_person
from billing_svc.domain.pending_payment import confirmed
from billing_svc.store import deposits, payment_views, payments, pending_payments
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.record_payment import RecordedPayment, settle_in
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """`choice` None means what was chosen at its recording, `effective_on` None the day it was received."""

    payment_id: UUID
    choice: Choice | None = None
    effective_on: date | None = None


async def confirm_payment(tx: Transaction, wishes: Sequence[ConfirmPayment]) -> list[RecordedPayment]:
    """Confirm payments, in order; all or none.

    Refuses: payment_not_found, credit_kept_for_order, second_person_needed, what `confirmed` refuses, and what
    the allocation refuses.
    """
    ids = [wish.payment_id for wish in wishes]
    named = await payments.by_id(tx, ids)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    check_not_kept(
        [wish.payment_id for wish in wishes if wish.choice is not None], await deposits.kept(tx, ids))
    held = {one.payment.id: one for one in await payment_views.view(tx, ids)}
    commands = [replace(held[one.payment_id].command, choice=one.choice or held[one.payment_id].command.choice)
                for one in wishes]
    await posting.load_items([(one.customer_id, one.choice) for one in commands])
    posting.credits |= {one.payment.id: one.payment for one in held.values()}
    for one in held.values():
        another_person(one.second_person, maker=one.recorded_by, checker=tx.actor)
    made = [await _confirmed(posting, wish, replace(command, pending=False))
            for wish, command in zip(wishes, commands, strict=True)]
    posting.save()
    return made


async def _confirmed(posting: Posting, wish: ConfirmPayment, command: RecordPayment) -> RecordedPayment:
    certain = confirmed(posting.payment(wish.payment_id), wish.effective_on, posting.books)
    pending_payments.add_decision(posting.tx, certain, None, recorded_at=posting.tenant.now)
    return await settle_in(posting, command, certain)
