"""What credit-svc tells of decisions that wait for a second person, and of claims that were paid and wait to be booked:
they stand in the one inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.store import asked_approvals
from billing_svc.store.asked_approvals import AskedApproval, GroupAsked
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.credit_approvals import (
    ApprovalAsked,
    ApprovalEnded,
    GroupApprovalAsked,
    GroupApprovalEnded,
)
from dunlin_events.contracts.credit_covers import ClaimOutcome, ClaimSettled
from dunlin_events.subscription import Subscription

Asked = Mapping[UUID, AskedApproval]


async def load(tx: Any, events: Sequence[Event]) -> dict[UUID, Asked]:
    """What waits of each of these customers, where something of it is told."""
    ids = {event.customer_id for event in events if isinstance(event, ApprovalAsked | ApprovalEnded)}
    known = await asked_approvals.waiting_of(tx, ids) if ids else {}
    return {event.concerns: known.get(event.concerns, {}) for event in events if event.concerns is not None}


async def save(tx: Any, states: Mapping[UUID, Asked]) -> None:
    for customer_id, asked in states.items():
        if asked:
            asked_approvals.keep(tx, customer_id, asked.values())


credit = Subscription[Asked](consumer="billing", owner="credit", load=load, save=save)


@credit.on(ApprovalAsked)
def approval_asked(event: ApprovalAsked, asked: Asked) -> Asked:
    """It waits for another person than its maker."""
    amount = event.amount.money if event.amount else None
    return {**asked, event.approval_id: AskedApproval(
        event.approval_id, event.subject.value, amount, event.maker, event.since)}


@credit.on(ApprovalEnded)
def approval_ended(event: ApprovalEnded, asked: Asked) -> Asked:
    """It waits no more, or at another customer."""
    known = asked.get(event.approval_id)
    return asked if known is None else {**asked, known.id: replace(known, waiting=False)}


@credit.on(ClaimSettled)
def claim_settled(event: ClaimSettled, asked: Asked) -> Asked:
    """What was paid on it is to be booked for the debts that it was filed for."""
    if event.outcome is ClaimOutcome.REFUSED:
        return asked
    return {**asked, event.claim_id: AskedApproval(
        event.claim_id, SecondPerson.CLAIM_SETTLED.value, event.paid.money, credit.owner, event.heard.recorded_at)}


@credit.on_tenant(GroupApprovalAsked)
async def group_approval_asked(tx: Any, event: GroupApprovalAsked) -> None:
    """A group's limit waits for another person than its maker."""
    amount = event.amount.money if event.amount else None
    asked_approvals.keep_of_group(tx, GroupAsked(
        event.approval_id, event.group_id, event.group_number, event.group_name, amount, event.maker, event.since))


@credit.on_tenant(GroupApprovalEnded)
async def group_approval_ended(tx: Any, event: GroupApprovalEnded) -> None:
    """It waits no more."""
    asked_approvals.end_of_group(tx, event.approval_id)
