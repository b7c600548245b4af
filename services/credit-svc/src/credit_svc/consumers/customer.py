"""Tenants with their clocks, and customers with number, name and status, as customer-svc tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from credit_svc.domain.customer import CustomerStanding
from credit_svc.store import customers
from credit_svc.usecases.plan_credit_day import plan_credit_day
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import (
    CustomerActivated,
    CustomerProfile,
    CustomerRegistered,
    CustomerSuspended,
    CustomerTermsChanged,
    CustomerUpdated,
    TenantConfigured,
)
from dunlin_kernel.clock import date_in
from dunlin_kit.tenants import follow_tenants


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, CustomerStanding | None]:
    """Nothing to read: each fact says all that is kept."""
    return {event.concerns: None for event in events if event.concerns is not None}


async def save(tx: Tx, states: Mapping[UUID, CustomerStanding | None]) -> None:
    customers.keep(tx, [state for state in states.values() if state is not None])


customer = Subscription[CustomerStanding | None](consumer="credit", owner="customer", load=load, save=save)


async def plan_first_turn(tx: Any, event: TenantConfigured) -> None:
    """A tenant's day turns from the day after it was configured."""
    plan_credit_day(tx, event.zone, date_in(event.zone, event.clock_at or tx.clock.now()))


follow_tenants(customer, configured=plan_first_turn)


@customer.on(CustomerRegistered, CustomerUpdated, CustomerActivated, CustomerSuspended, CustomerTermsChanged)
def customer_told_of(event: CustomerProfile, _: CustomerStanding | None) -> CustomerStanding:
    """The customer as it stands after this fact; a suspended or closed one gets no new credit."""
    return CustomerStanding(
        event.customer_id, event.number, event.name, event.status.value, event.heard.sequence)
