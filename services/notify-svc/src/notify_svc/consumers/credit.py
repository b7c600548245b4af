"""What credit-svc tells: a customer's grade, by which its ladder may be another one."""

from dataclasses import replace

from dunlin_events.consuming import Subscription
from dunlin_events.contracts.credit_rating import CreditRated
from notify_svc.consumers.customer import load, save
from notify_svc.domain.ladder_choice import Segment
from notify_svc.store.customers import CustomerKept

credit: Subscription[CustomerKept] = Subscription(consumer="notify", owner="credit", load=load, save=save)


@credit.on(CreditRated)
def rated(event: CreditRated, kept: CustomerKept) -> CustomerKept:
    """Another grade may mean another ladder."""
    segment = Segment(event.grade.value, kept.segment.classes)
    if segment == kept.segment:
        return kept
    return replace(kept, segment=segment, segment_told=(event.heard.event_id, event.heard.recorded_at))
