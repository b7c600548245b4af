"""Ask for credit for an order: decide under the head's lock, reserve or deny, and keep why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from credit_svc.domain.alert_line import crossed_amount
from credit_svc.domain.authorization import Authorization, Order, order_of
from credit_svc.domain.decision import Decision, DecisionInputs, decide
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.limit import base_limit, temporary_limit
from credit_svc.store import authorizations, decisions, heads, kept_credits, mergers, standings
from credit_svc.store.decisions import StoredDecision, stored_of
from credit_svc.store.heads import Head
from credit_svc.store.watching import Moment
from credit_svc.usecases.expire_authorization import schedule_expiry_of_authorization
from credit_svc.usecases.raise_alert import raise_alert
from credit_svc.usecases.watch_lines import alert_of
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AuthorizationDenied, AuthorizationFact, CreditAuthorized, DenialReason
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AuthorizeCredit:
    """It ends at `expires_at`, or after so many days, or after the policy's; `id` is the asker's own, or None."""

    id: UUID | None
    customer_id: UUID
    amount: Money
    reference: str
    expires_at: datetime | None
    expires_in_days: int | None


async def authorize_credit(tx: Transaction, command: AuthorizeCredit) -> tuple[Authorization, StoredDecision]:
    """Decide and, when approved, reserve: in one step. A denial is an answer, stored like an approval.

    Refuses: tenant_not_known_yet, customer_not_known_yet, customer_merged, amount_not_positive, expires_in_past,
    expires_too_late.
    """
    head, tenant = await heads.lock_for_order(tx, command.customer_id, command.amount.currency)
    standing = await standings.read(
        tx, command.customer_id, command.amount.currency, today=tenant.today, in_group=head.group_id is not None)
    if standing.status == CLOSED:
        await mergers.check_not_merged(tx, command.customer_id)
    if standing.group is not None and standing.group.group_id != head.group_id:
        raise NotReady("in_progress", "The customer has just come to another group; try again.")
    kept = standing.kept
    if kept.is_positive:
        kept -= await kept_credits.for_order(
            tx, command.customer_id, kept.currency, reference=command.reference, authorization_id=command.id)
    inputs = DecisionInputs(
        amount=command.amount, today=tenant.today, customer_status=standing.status,
        limit=base_limit(standing.limits, today=tenant.today),
        temporary=temporary_limit(standing.limits, today=tenant.today),
        holds=standing.holds, customer_id=command.customer_id, group=standing.group, covers=standing.covers,
        terms=standing.terms, seen=standing.seen,
        parts=ExposureParts.of(standing.figures, reserved=head.reserved, delivered=standing.delivered,
                               accrued=standing.accrued, kept=kept),
        policy=standing.policy,
        positions=standing.positions)
    order = _order(command, tenant, inputs.policy.authorization_days)
    decision = decide(inputs)
    authorization = Authorization.decided(id=command.id or new_id(), order=order, approved=decision.approved)
    stored = stored_of(inputs, decision, decided_by=tx.actor, decided_at=tenant.now)
    authorizations.add(tx, authorization)
    decisions.add(tx, authorization.id, stored)
    _reserve(tx, head, authorization)
    tx.emit(_fact_of(authorization, decision))
    crossed = crossed_amount(command.amount, standing.amount_line)
    if crossed is not None:
        moment = Moment(tenant.now, tenant.today)
        raise_alert(tx, command.customer_id, alert_of(crossed, moment, authorization_id=authorization.id))
    return authorization, stored


def _order(command: AuthorizeCredit, tenant: Tenant, days: int) -> Order:
    ends = command.expires_at or tenant.now + timedelta(days=command.expires_in_days or days)
    return order_of(
        command.customer_id, command.amount, reference=command.reference, expires_at=ends, now=tenant.now)


def _reserve(tx: Transaction, head: Head, authorization: Authorization) -> None:
    if authorization.reserved.is_positive:
        heads.reserve(tx, head.customer_id, head.reserved + authorization.reserved)
        schedule_expiry_of_authorization(tx, authorization)


def _fact_of(authorization: Authorization, decision: Decision) -> AuthorizationFact:
    available = decision.available
    if decision.approved and available is not None:
        return CreditAuthorized(
            customer_id=authorization.customer_id, authorization_id=authorization.id,
            reference=authorization.reference, amount=Amount.of(authorization.asked),
            expires_at=authorization.expires_at, available_after=Amount.of(available - authorization.asked),
            deposit=Amount.of(decision.deposit.asked))
    return AuthorizationDenied(
        customer_id=authorization.customer_id, authorization_id=authorization.id, reference=authorization.reference,
        amount=Amount.of(authorization.asked), reasons=[DenialReason(reason.value) for reason in decision.reasons],
        available=None if available is None else Amount.of(available))
