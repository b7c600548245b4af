"""What customer-svc tells: tenants with their clocks, and what an invoice must know of a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from billing_svc.store import customers
from billing_svc.store.customer_dimensions import DimensionChange
from billing_svc.store.customers import CustomerStub
from billing_svc.usecases.plan_day_turn import plan_day_turn
from billing_svc.usecases.plan_transfer import plan_transfer
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import (
    CustomerActivated,
    CustomerClosed,
    CustomerProfile,
    CustomerRegistered,
    CustomerSuspended,
    CustomerTermsChanged,
    CustomerUpdated,
    TenantConfigured,
)
from dunlin_events.contracts.customer_groups import CustomerGroupChanged, CustomersMerged
from dunlin_events.contracts.customer_relationship import CustomerClassified, CustomerOwnerChanged
from dunlin_events.subscription import Subscription
from dunlin_kernel.clock import date_in
from dunlin_kit.staff import follow_staff
from dunlin_kit.tenants import follow_tenants


async def load(tx: Any, events: Sequence[Event]) -> dict[UUID, CustomerStub]:
    return await customers.hold(tx, sorted({event.concerns for event in events if event.concerns}))


async def save(tx: Any, states: Mapping[UUID, CustomerStub]) -> None:
    customers.keep(tx, *states.values())
    for stub in states.values():
        if stub.merger_told_at is not None:
            plan_transfer(tx, stub.customer_id, stub.merger_told_at)


customer = Subscription(consumer="billing", owner="customer", load=load, save=save)


async def plan_first_turn(tx: Any, event: TenantConfigured) -> None:
    """A tenant's day turns from the day after it was configured."""
    plan_day_turn(tx, event.zone, date_in(event.zone, event.clock_at or tx.clock.now()))


follow_tenants(customer, configured=plan_first_turn)
follow_staff(customer)


@customer.on(
    CustomerRegistered, CustomerUpdated, CustomerActivated, CustomerSuspended, CustomerTermsChanged, CustomerClosed)
def customer_told(event: CustomerProfile, stub: CustomerStub) -> CustomerStub:
    """Each of these says how the customer stands now."""
    return replace(
        stub, known=True, number=event.number, name=event.name, kind=event.kind.value, status=event.status.value,
        tax_id=event.tax_id, region=event.region, industry=event.industry, due_days=event.terms.due_days,
        end_of_month=event.terms.end_of_month,
        instalments=[one.model_dump() for one in event.terms.instalments] or None,
        discount=event.terms.discount.model_dump() if event.terms.discount else None, external_id=event.external_id,
        changes=_changes(event, stub, {"region": event.region, "industry": event.industry}))


@customer.on(CustomersMerged)
def customers_merged(event: CustomersMerged, stub: CustomerStub) -> CustomerStub:
    """What stands under the customer that was merged goes on at the other one; that one's own copy stays as it is."""
    if event.customer_id != event.source_id:
        return stub
    return replace(stub, merged_into=event.into_id, merger_told_at=event.heard.recorded_at)


@customer.on(CustomerOwnerChanged)
def owner_changed(event: CustomerOwnerChanged, stub: CustomerStub) -> CustomerStub:
    """Who answers for the customer from now on."""
    return replace(stub, owner_code=event.owner_code, changes=_changes(event, stub, {"owner": event.owner_code}))


@customer.on(CustomerGroupChanged)
def group_changed(event: CustomerGroupChanged, stub: CustomerStub) -> CustomerStub:
    """To which group it belongs from now on."""
    return replace(stub, group_number=event.group_number, changes=_changes(event, stub, {"group": event.group_number}))


@customer.on(CustomerClassified)
def classified(event: CustomerClassified, stub: CustomerStub) -> CustomerStub:
    """Its class in one dimension from now on."""
    told = {event.dimension.value: event.value}
    return replace(stub, classes={**(stub.classes or {}), **told},
                   changes=_changes(event, stub, told, effective_on=event.effective_on))


def _changes(
    event: Event, stub: CustomerStub, told: Mapping[str, str | None], *, effective_on: date | None = None,
) -> tuple[DimensionChange, ...]:
    """With those told before it: what it says otherwise than the copy."""
    held, heard = stub.dimensions, event.heard
    return (*stub.changes, *(
        DimensionChange(dimension, value, heard.sequence, heard.recorded_at, effective_on)
        for dimension, value in told.items() if held.get(dimension) != value))
