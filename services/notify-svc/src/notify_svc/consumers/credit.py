"""What credit-svc tells: a customer's grade, by which its ladder may be another one, and alerts for its owner."""

from dataclasses import replace

from dunlin_events.consuming import Subscription
from dunlin_events.contracts.credit import RiskAlertRaised
from dunlin_events.contracts.credit_rating import CreditRated
from notify_svc.consumers.customer import load, save
from notify_svc.domain.ladder_choice import Segment
from notify_svc.store.customers import AlertTold, CustomerKept

credit: Subscription[CustomerKept] = Subscription(consumer="notify", owner="credit", load=load, save=save)


@credit.on(CreditRated)
def rated(event: CreditRated, kept: CustomerKept) -> CustomerKept:
    """Another grade may mean another ladder."""
    segment = Segment(event.grade.value, kept.segment.classes)
    kept = replace(kept, grade_told=event.grade.value)
    if segment == kept.segment:
        return kept
    return replace(kept, segment=segment, segment_told=(event.heard.event_id, event.heard.recorded_at))


@credit.on(RiskAlertRaised)
def alerted(event: RiskAlertRaised, kept: CustomerKept) -> CustomerKept:
    """Whoever answers for the customer is told."""
    told = AlertTold(event.heard.event_id, event.heard.recorded_at, event.rule.value, event.amount.money,
                     event.tolerated.money)
    return replace(kept, alerts_told=(*kept.alerts_told, told))
