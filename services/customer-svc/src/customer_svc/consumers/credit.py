"""What credit-svc tells: limits, reservations, holds, grades, folded into what the archive shows; and terms decided.

Credit decides terms by grade; the archive keeps them and tells them on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from customer_svc.domain.customer import Customer
from customer_svc.domain.heard_credit import CreditWeights, HeardCredit, HeardHold, HeardLimit
from customer_svc.domain.heard_matter import HeardMatter, MatterKind
from customer_svc.store import archive, customers, heard_credits, heard_matters
from customer_svc.store.heard_credits import HeardGrade
from customer_svc.store.heard_tables import HeardAlertRow
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.credit import (
    AlertAcknowledged,
    AuthorizationCaptured,
    AuthorizationExpired,
    AuthorizationReleased,
    AuthorizationTransferred,
    CreditAuthorized,
    CreditLimitChanged,
    LimitKind,
    RiskAlertRaised,
)
from dunlin_events.contracts.credit_covers import CoverChanged, CoverFact, CoverStateTold, CoverTransferred
from dunlin_events.contracts.credit_holds import CreditHoldPlaced, CreditHoldReleased
from dunlin_events.contracts.credit_policies import CreditPolicyAdopted
from dunlin_events.contracts.credit_rating import CreditRated, TermsDecided
from dunlin_events.contracts.customer import CustomerTermsChanged
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class HeardStanding:
    """What was heard of one customer's credit: by currency, and its holds and alerts by id."""

    credits: Mapping[str, HeardCredit] = field(default_factory=dict)
    holds: Mapping[UUID, HeardHold] = field(default_factory=dict)
    grade: HeardGrade | None = None
    customer: Customer | None = None
    decided: TermsDecided | None = None
    alerts: Mapping[UUID, HeardMatter] = field(default_factory=dict)

    def credit_in(self, currency: str) -> HeardCredit:
        return self.credits.get(currency) or HeardCredit(Money.zero(currency))

    def having(self, credit: HeardCredit) -> "HeardStanding":
        return replace(self, credits={**self.credits, credit.reserved.currency: credit})

    def reserving(self, amount: Money) -> "HeardStanding":
        return self.having(self.credit_in(amount.currency).reserving(amount))


async def load(tx: Any, events: Sequence[Event]) -> dict[UUID, HeardStanding]:
    """The standings concerned; blanks for customers not heard of here."""
    ids = {event.concerns for event in events if event.concerns is not None}
    limits, holds = await heard_credits.credits_of(tx, ids), await heard_credits.holds_of(tx, ids)
    grades = await heard_credits.grades_of(tx, ids)
    deciding = sorted({event.customer_id for event in events if isinstance(event, TermsDecided)})
    own = await customers.lock_some(tx, deciding) if deciding else {}
    alerts = await heard_matters.by_id(
        tx, HeardAlertRow, {event.alert_id for event in events if isinstance(event, AlertAcknowledged)})
    return {one: HeardStanding(limits[one], holds[one], grades.get(one), own.get(one), alerts=alerts.get(one, {}))
            for one in ids}


async def save(tx: Any, states: Mapping[UUID, HeardStanding]) -> None:
    for customer_id, standing in states.items():
        for one in standing.credits.values():
            heard_credits.keep_credit(tx, customer_id, one)
        for hold in standing.holds.values():
            heard_credits.keep_hold(tx, customer_id, hold)
        heard_matters.keep(tx, HeardAlertRow, customer_id, standing.alerts.values())
        if standing.grade is not None:
            heard_credits.keep_grade(tx, customer_id, standing.grade)
        if standing.decided is not None and standing.customer is not None and standing.customer.is_open:
            _keep_terms(tx, standing.customer, standing.decided)


credit = Subscription[HeardStanding](consumer="customer", owner="credit", load=load, save=save)


@credit.on(CreditLimitChanged)
def limit_changed(event: CreditLimitChanged, standing: HeardStanding) -> HeardStanding:
    """A base limit replaces the one before; a temporary one comes on top, for its dates."""
    limit = HeardLimit(event.limit.money if event.limit else None, event.valid_from, event.valid_until)
    held = standing.credit_in(event.currency)
    temporary = event.kind is LimitKind.TEMPORARY
    return standing.having(replace(held, temporary=limit) if temporary else replace(held, base=limit))


@credit.on(CoverChanged)
def cover_changed(event: CoverChanged, standing: HeardStanding) -> HeardStanding:
    """It comes on top of the limit inside its dates, until it is ended."""
    return _covered(event, standing, stands=event.state is CoverStateTold.STANDING)


@credit.on(CoverTransferred)
def cover_transferred(event: CoverTransferred, standing: HeardStanding) -> HeardStanding:
    """It counts at the customer that goes on."""
    return _covered(event, standing, stands=event.customer_id == event.into_id)


def _covered(event: CoverFact, standing: HeardStanding, *, stands: bool) -> HeardStanding:
    cover = HeardLimit(event.counts.money, event.valid_from, event.valid_until) if stands else None
    return standing.having(standing.credit_in(event.counts.currency).covered(event.cover_id, cover))


@credit.on(CreditAuthorized)
def authorized(event: CreditAuthorized, standing: HeardStanding) -> HeardStanding:
    """So much is reserved for an order."""
    return standing.reserving(event.amount.money)


@credit.on(AuthorizationCaptured, AuthorizationReleased, AuthorizationExpired)
def no_longer_reserved(
    event: AuthorizationCaptured | AuthorizationReleased | AuthorizationExpired, standing: HeardStanding
) -> HeardStanding:
    """What was billed, released or ran out is not reserved any more."""
    return standing.reserving(-event.amount.money)


@credit.on(AuthorizationTransferred)
def order_transferred(event: AuthorizationTransferred, standing: HeardStanding) -> HeardStanding:
    """What is reserved for an order is reserved at the customer that goes on."""
    reserved = event.amount.money
    return standing.reserving(-reserved if event.customer_id == event.source_id else reserved)


@credit.on(CreditHoldPlaced)
def hold_placed(event: CreditHoldPlaced, standing: HeardStanding) -> HeardStanding:
    """No new credit until it is released."""
    hold = HeardHold(event.hold_id, event.rule.value, event.heard.recorded_at)
    return replace(standing, holds={**standing.holds, hold.id: hold})


@credit.on(CreditHoldReleased)
def hold_released(event: CreditHoldReleased, standing: HeardStanding) -> HeardStanding:
    """The hold is gone; it stays in the archive's memory."""
    at = event.heard.recorded_at
    held = standing.holds.get(event.hold_id) or HeardHold(event.hold_id, event.rule.value, at)
    return replace(standing, holds={**standing.holds, held.id: replace(held, released_at=at)})


@credit.on(RiskAlertRaised)
def alerted(event: RiskAlertRaised, standing: HeardStanding) -> HeardStanding:
    """It stands until a person has seen it."""
    at = event.heard.recorded_at
    alert = HeardMatter(MatterKind.ALERT, event.alert_id, at.date(), event.rule.value, event.amount.money,
                        more=at.isoformat())
    return replace(standing, alerts={**standing.alerts, alert.id: alert})


@credit.on(AlertAcknowledged)
def alert_seen(event: AlertAcknowledged, standing: HeardStanding) -> HeardStanding:
    """A person has seen it."""
    known = standing.alerts.get(event.alert_id)
    return replace(standing, alerts={**standing.alerts, known.id: known.ended()}) if known else standing


@credit.on(CreditRated)
def rated(event: CreditRated, standing: HeardStanding) -> HeardStanding:
    """The grade from now on."""
    return replace(standing, grade=HeardGrade(event.grade.value, event.score, event.rated_on))


@credit.on(TermsDecided)
def terms_decided(event: TermsDecided, standing: HeardStanding) -> HeardStanding:
    """The last decision of a batch is the one that is kept."""
    return replace(standing, decided=event)


@credit.on_tenant(CreditPolicyAdopted)
async def policy_adopted(tx: Tx, event: CreditPolicyAdopted) -> None:
    """By these weights credit is used from its day on."""
    heard_credits.keep_weights(
        tx, event.version, event.effective_from,
        CreditWeights(event.disputed_weight_bps, event.delivered_weight_bps, event.accrued_interest))


def _keep_terms(tx: Any, customer: Customer, decided: TermsDecided) -> None:
    terms = customer.particulars.terms.decided(
        decided.due_days, prepayment_bps=decided.prepayment_bps, cash_on_delivery=decided.cash_on_delivery)
    archive.keep(tx, customer, customer.under(terms), CustomerTermsChanged, at=decided.heard.recorded_at)
