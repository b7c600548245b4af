"""The route that shows one customer on one page, from its own entry and from what was heard."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from customer_svc import usecases
from customer_svc.api.classification_shapes import CustomerClassList, CustomerClassRead
from customer_svc.api.contact_shapes import ContactRead
from customer_svc.api.customer_shapes import CustomerRead
from customer_svc.api.group_shapes import CustomerGroupRead
from customer_svc.api.overview_matters import OverviewMatters
from customer_svc.api.staff_shapes import StaffRead
from customer_svc.domain.heard_ledger import HeardAccount, HeardItem, overdue_of
from customer_svc.usecases.get_overview import Overview
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import CustomerId
from dunlin_kernel.money import Money, sum_money
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["customers"])


class OverdueBucketRead(BaseModel):
    """What is open so many days past its due date, `from_days` and `until_days` (null: no end) included: by the buckets
    of the tenant's ageing."""

    from_days: int
    until_days: int | None
    amount: Amount


class OverviewAccountRead(BaseModel):
    """What the customer owes in one currency; `net` is open less unapplied."""

    currency: str
    open: Amount
    overdue: Amount
    buckets: list[OverdueBucketRead]
    oldest_days_overdue: int
    disputed: Amount
    unapplied: Amount
    net: Amount
    last_invoiced_on: date | None
    last_paid_on: date | None
    last_paid: Amount | None

    @classmethod
    def of(cls, account: HeardAccount, items: list[HeardItem], today: date, edges: Sequence[int]) -> Self:
        overdue = overdue_of(items, account.currency, today, edges)
        return cls(
            currency=account.currency, open=Amount.of(account.open), disputed=Amount.of(account.disputed),
            unapplied=Amount.of(account.unapplied), net=Amount.of(account.open - account.unapplied),
            overdue=Amount.of(sum_money(account.currency, overdue.values())),
            buckets=[OverdueBucketRead(from_days=first, until_days=last, amount=Amount.of(amount))
                     for (first, last), amount in overdue.items()],
            oldest_days_overdue=max((item.days_overdue(today) for item in items), default=0),
            last_invoiced_on=account.last_invoiced_on, last_paid_on=account.last_paid_on,
            last_paid=Amount.of(account.last_paid) if account.last_paid else None)


class OverviewCreditRead(BaseModel):
    """Credit in one currency as heard; `limit` null means not rated. credit-svc decides what may be sold."""

    currency: str
    limit: Amount | None
    reserved: Amount
    delivered: Amount = Field(description="What was delivered and is not billed yet.")
    accrued: Amount = Field(description="Interest that is no item yet; it counts where the credit policy says so.")
    available: Amount | None = Field(
        description="Limit less what is used, by the weights of the credit policy in force; may be negative.")


class OverviewGradeRead(BaseModel):
    """How credit-svc graded the customer last."""

    grade: str
    score: int
    rated_on: date


class OverviewHoldRead(BaseModel):
    """A hold that stands, and the rule that placed it."""

    id: UUID
    rule: str
    placed_at: datetime


class OverviewReminderRead(BaseModel):
    """The last reminder that left, and how many did."""

    reminders: int
    last_on: date
    last_level: int


class OverviewPromiseRead(BaseModel):
    """A promise to pay: running, kept, broken or withdrawn."""

    id: UUID
    amount: Amount
    promised_on: date
    status: str


class OverviewDisputeRead(BaseModel):
    """What is contested of one open item."""

    item_id: UUID
    number: str
    due_on: date
    disputed: Amount
    open: Amount


class CustomerOverviewRead(OverviewMatters):
    """One customer on one page, as the archive stood at `positions`; each serves as `min_position` elsewhere."""

    customer: CustomerRead
    group: CustomerGroupRead | None
    owner: StaffRead | None
    acting: StaffRead | None
    contacts: list[ContactRead]
    classes: list[CustomerClassRead]
    on: date
    accounts: list[OverviewAccountRead]
    grade: OverviewGradeRead | None
    credit: list[OverviewCreditRead]
    holds: list[OverviewHoldRead]
    disputes: list[OverviewDisputeRead]
    last_reminder: OverviewReminderRead | None
    promises: list[OverviewPromiseRead]
    positions: list[str]

    @classmethod
    def of(cls, said: Overview) -> Self:
        last = said.reminder
        return cls(
            customer=CustomerRead.of(said.customer), on=said.on, positions=list(said.positions),
            group=CustomerGroupRead.of(said.group) if said.group else None,
            owner=StaffRead.of(said.ownership.owner) if said.ownership.owner else None,
            acting=StaffRead.of(said.ownership.acting) if said.ownership.acting else None,
            contacts=[ContactRead.of(contact) for contact in said.contacts], accounts=_accounts(said),
            classes=CustomerClassList.of(said.classes).data,
            credit=_credit(said), grade=OverviewGradeRead(**said.grade._asdict()) if said.grade else None,
            holds=[OverviewHoldRead(id=one.id, rule=one.rule, placed_at=one.placed_at) for one in said.holds],
            disputes=[OverviewDisputeRead(item_id=one.id, number=one.number, due_on=one.due_on,
                                          open=Amount.of(one.open), disputed=Amount.of(one.disputed))
                      for one in said.items if one.disputed.is_positive],
            **OverviewMatters.matters(said.matters),
            last_reminder=OverviewReminderRead(**last._asdict()) if last else None,
            promises=[OverviewPromiseRead(id=one.id, amount=Amount.of(one.amount), promised_on=one.promised_on,
                                          status=one.status) for one in said.promises])


@router.get("/customers/{customer_id}/overview", dependencies=[requires("customers:read", "contacts:read")],
            responses=refuses("customer_not_found", status=404))
async def get_overview(customer_id: UUID, tx: Tx) -> CustomerOverviewRead:
    """One customer on one page: who it is, who answers for it, what it owes, what it may buy, what was said."""
    return CustomerOverviewRead.of(await usecases.get_overview(tx, CustomerId(customer_id)))


def _accounts(said: Overview) -> list[OverviewAccountRead]:
    return [
        OverviewAccountRead.of(
            account, [item for item in said.items if item.open.currency == currency], said.on, said.edges)
        for currency, account in sorted(said.accounts.items())]


def _credit(said: Overview) -> list[OverviewCreditRead]:
    rows = []
    for currency, credit in sorted(said.credits.items()):
        account, nothing = said.accounts.get(currency), Money.zero(currency)
        delivered = account.not_billed if account else nothing
        used = said.weights.used(account, credit.reserved) if account else credit.reserved
        limit = credit.limit_on(said.on)
        rows.append(OverviewCreditRead(
            currency=currency, reserved=Amount.of(credit.reserved), delivered=Amount.of(delivered),
            accrued=Amount.of(account.interest if account else nothing),
            limit=None if limit is None else Amount.of(limit),
            available=None if limit is None else Amount.of(limit - used)))
    return rows
