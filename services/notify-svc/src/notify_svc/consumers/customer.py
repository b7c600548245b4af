"""What customer-svc tells: tenants and their clocks, which customers there are, and when their contacts change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from dunlin_events.consuming import Subscription
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import (
    CustomerActivated,
    CustomerClosed,
    CustomerContactsChanged,
    CustomerProfile,
    CustomerRegistered,
    CustomerSuspended,
    CustomerTermsChanged,
    CustomerUpdated,
    TenantConfigured,
)
from dunlin_events.contracts.customer_groups import CustomersMerged
from dunlin_events.contracts.customer_relationship import ConsentChanged, CustomerClassified, CustomerOwnerChanged
from dunlin_kit import jobs
from dunlin_kit.staff import follow_staff
from dunlin_kit.tenants import follow_tenants
from notify_svc.domain.ladder_choice import Segment
from notify_svc.store import customers
from notify_svc.store.customers import CustomerKept
from notify_svc.usecases.carry_over_case import CARRY_OVER_CASE
from notify_svc.usecases.plan_alert import plan_alert
from notify_svc.usecases.plan_items_of import PLAN_CUSTOMER
from notify_svc.usecases.plan_run import plan_run


async def load(tx: Any, events: Sequence[Event]) -> Mapping[UUID, CustomerKept]:
    """The customers concerned, locked; a stub for one not heard of yet."""
    return await customers.hold(tx, {event.concerns for event in events if event.concerns is not None})


async def save(tx: Any, states: Mapping[UUID, CustomerKept]) -> None:
    for customer in states.values():
        customers.keep(tx, customer)
        if customer.segment_told is not None:
            event_id, at = customer.segment_told
            jobs.schedule(tx, PLAN_CUSTOMER, str(event_id), at, {"customer_id": str(customer.id)})
        if customer.merger_told is not None:
            into_id, at = customer.merger_told
            jobs.schedule(tx, CARRY_OVER_CASE, str(customer.id), at, {"into_id": str(into_id)})
        for alert in customer.alerts_told:
            plan_alert(tx, customer, alert)


async def configured(tx: Any, event: TenantConfigured) -> None:
    """A tenant's ladder runs daily from the day on which the tenant is heard of."""
    await plan_run(tx, zone=event.zone, after=event.clock_at or tx.clock.now())


customer: Subscription[CustomerKept] = Subscription(consumer="notify", owner="customer", load=load, save=save)
follow_tenants(customer, configured)
follow_staff(customer)


@customer.on(
    CustomerRegistered, CustomerUpdated, CustomerActivated, CustomerSuspended, CustomerTermsChanged, CustomerClosed)
def profile_told(event: CustomerProfile, kept: CustomerKept) -> CustomerKept:
    """Number, trade name and status, as they stand now."""
    return replace(kept, known=True, number=event.number, name=event.name, status=event.status.value)


@customer.on(CustomerClassified)
def classified(event: CustomerClassified, kept: CustomerKept) -> CustomerKept:
    """Another class may mean another ladder; one that a later fact changes again is planned by the last."""
    classes = {**kept.segment.classes, event.dimension.value: event.value}
    told = event.heard
    return replace(kept, segment=Segment(kept.segment.grade, classes), segment_told=(told.event_id, told.recorded_at))


@customer.on(CustomerOwnerChanged)
def owner_changed(event: CustomerOwnerChanged, kept: CustomerKept) -> CustomerKept:
    """Who answers for the customer from now on."""
    return replace(kept, owner_id=event.owner_id, owner_code=event.owner_code)


@customer.on(ConsentChanged)
def consent_changed(event: ConsentChanged, kept: CustomerKept) -> CustomerKept:
    """Who shut the channel of reminders: the look knows whom one may write to, this tells why there is nobody."""
    if event.channel != "email" or event.purpose not in (None, "dunning"):
        return kept
    return replace(kept, opted_out_on=None if event.given else event.heard.recorded_at.date())


@customer.on(CustomerContactsChanged)
def contacts_changed(event: CustomerContactsChanged, kept: CustomerKept) -> CustomerKept:
    """An address that was refused may have been put right: the next run tries again."""
    return replace(kept, refused_on=None)


@customer.on(CustomersMerged)
def customers_merged(event: CustomersMerged, kept: CustomerKept) -> CustomerKept:
    """The work on the customer that was merged goes on at the other one; what is owed follows by facts of billing."""
    if event.customer_id != event.source_id:
        return kept
    return replace(kept, merger_told=(event.into_id, event.heard.recorded_at))
