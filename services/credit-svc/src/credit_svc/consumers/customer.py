"""Tenants with their clocks, and customers with number, name and status, as customer-svc tells of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from credit_svc.domain.customer import CustomerOwner, CustomerStanding, CustomerTold, Membership, MergerTold
from credit_svc.domain.deposit import CashTerms
from credit_svc.store import customers, groups, mergers
from credit_svc.store.mergers import Merged
from credit_svc.usecases.carry_over_credit import plan_carry_over
from credit_svc.usecases.plan_credit_day import plan_credit_day
from dunlin_events.consuming import Subscription, Tx
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
from dunlin_events.contracts.customer_groups import CustomerGroupChanged, CustomersMerged, GroupConfigured
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.clock import date_in
from dunlin_kit.staff import follow_staff
from dunlin_kit.tenants import follow_tenants


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, CustomerTold]:
    """Nothing to read: each fact says all that is kept."""
    return {event.concerns: CustomerTold() for event in events if event.concerns is not None}


async def save(tx: Tx, states: Mapping[UUID, CustomerTold]) -> None:
    customers.keep(tx, [state.standing for state in states.values() if state.standing is not None])
    customers.keep_owners(tx, {one: state.owner for one, state in states.items() if state.owner is not None})
    groups.keep_memberships(tx, {
        one: (state.membership.group_id, state.membership.group_number) for one, state in states.items()
        if state.membership is not None})
    told = {one: state.merger for one, state in states.items() if state.merger is not None}
    mergers.keep(tx, {one: Merged(merger.into_id, merger.into_number) for one, merger in told.items()})
    for one, merger in told.items():
        plan_carry_over(tx, one, merger.at)


customer = Subscription[CustomerTold](consumer="credit", owner="customer", load=load, save=save)


async def plan_first_turn(tx: Any, event: TenantConfigured) -> None:
    """A tenant's day turns from the day after it was configured."""
    plan_credit_day(tx, event.zone, date_in(event.zone, event.clock_at or tx.clock.now()))


follow_tenants(customer, configured=plan_first_turn)
follow_staff(customer)


@customer.on(
    CustomerRegistered, CustomerUpdated, CustomerActivated, CustomerSuspended, CustomerTermsChanged, CustomerClosed)
def customer_told_of(event: CustomerProfile, told: CustomerTold) -> CustomerTold:
    """The customer as it stands after this fact; a suspended or closed one gets no new credit."""
    return replace(told, standing=CustomerStanding(
        event.customer_id, event.number, event.name, event.status.value, event.heard.sequence,
        CashTerms(event.terms.prepayment_bps, event.terms.cash_on_delivery)))


@customer.on(CustomerOwnerChanged)
def owner_changed(event: CustomerOwnerChanged, told: CustomerTold) -> CustomerTold:
    """Who answers for the customer gets its alerts."""
    return replace(told, owner=CustomerOwner(event.owner_id, event.owner_code))


@customer.on(CustomerGroupChanged)
def group_changed(event: CustomerGroupChanged, told: CustomerTold) -> CustomerTold:
    """Its orders count against its group's limit from now on."""
    return replace(told, membership=Membership(event.group_id, event.group_number))


@customer.on(CustomersMerged)
def customers_merged(event: CustomersMerged, told: CustomerTold) -> CustomerTold:
    """The orders and holds of the one that was merged go on at the other one, and its limits end."""
    if event.customer_id != event.source_id:
        return told
    return replace(told, merger=MergerTold(event.into_id, event.into_number, event.heard.recorded_at))


@customer.on_tenant(GroupConfigured)
async def group_configured(tx: Tx, event: GroupConfigured) -> None:
    """A group as it stands now; its limit is credit's own."""
    groups.configure(tx, {
        "group_id": event.group_id, "number": event.number, "name": event.name, "currency": event.currency,
        "set_off": event.set_off})
