"""Routes that read accounts and the journal."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from billing_svc.api.shapes import AccountRead, accounts_read
from billing_svc.domain.customer import heard_of
from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import FactKind, LedgerSide
from billing_svc.store import account_views, accounts, customers, periods
from billing_svc.store.account_views import EntryView, JournalView
from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["accounts"])


class LedgerEntryRead(BaseModel):
    """What one fact did to one item or credit (`ref_id`), and both controls of the account after it.

    Entries stand in the order of their effective days; `position` is the order in which they were recorded.
    """

    position: int
    side: LedgerSide
    ref_id: UUID
    fact_kind: FactKind
    fact_id: UUID
    amount: Amount
    base: Amount
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    receivables: Amount
    unapplied: Amount
    net: Amount

    @classmethod
    def of(cls, entry: EntryView) -> Self:
        return cls(
            position=entry.position, side=entry.side, ref_id=entry.ref_id, fact_kind=entry.fact_kind,
            fact_id=entry.fact_id, amount=Amount.of(entry.amount), base=Amount.of(entry.base),
            effective_on=entry.effective_on, recorded_at=entry.recorded_at, recorded_by=entry.recorded_by,
            receivables=Amount.of(entry.receivables),
            unapplied=Amount.of(entry.unapplied), net=Amount.of(entry.receivables - entry.unapplied))


class AccountPage(Page[LedgerEntryRead]):
    """A customer's accounts, one per currency, and a page of their ledger entries with running balances.

    `merged_into` is the customer with which one that was merged goes on.
    """

    customer_id: UUID
    merged_into: UUID | None
    accounts: list[AccountRead]


class JournalLineRead(BaseModel):
    """Debit +, credit -. `base` is the amount in the tenant's own currency; an exchange difference has only that."""

    account: JournalAccount
    amount: Amount
    base: Amount

    @classmethod
    def of(cls, line: JournalLine) -> Self:
        return cls(account=line.account, amount=Amount.of(line.amount), base=Amount.of(line.base or line.amount))


class JournalRead(BaseModel):
    """The double entry of one fact; its lines sum to zero."""

    id: UUID
    fact_kind: FactKind
    fact_id: UUID
    customer_id: UUID
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    lines: list[JournalLineRead]

    @classmethod
    def of(cls, view: JournalView) -> Self:
        return cls(
            id=view.id, fact_kind=view.fact_kind, fact_id=view.fact_id, customer_id=view.customer_id,
            effective_on=view.effective_on, recorded_at=view.recorded_at,
            recorded_by=view.recorded_by, lines=[JournalLineRead.of(line) for line in view.lines])


class JournalBalancesRead(BaseModel):
    """The balance of every journal account; per currency they sum to zero, and in base currency all together.

    `provisional`: it can still change.
    """

    as_of: date
    known_at: datetime
    provisional: bool
    data: list[JournalLineRead]


@router.get("/customers/{customer_id}/account", dependencies=[requires("accounts:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def get_account(
    customer_id: UUID, tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> AccountPage:
    """What a customer owes and has unapplied, and how it came to that."""
    customer = heard_of((await customers.known(tx, [customer_id])).get(customer_id), customer_id)
    held = await accounts.of_customer(tx, customer_id)
    found = await account_views.entries(tx, customer_id, cursor.after, limit)
    page = cursor.page(response, found, limit, account_views.key_of, LedgerEntryRead.of)
    return AccountPage(
        **page, customer_id=customer_id, merged_into=customer.merged_into, accounts=accounts_read(held))


@router.get("/facts/{fact_id}/journal", dependencies=[requires("journal:read")],
            responses=refuses("fact_not_found", status=404))
async def get_journal(fact_id: UUID, tx: Tx) -> JournalRead:
    """The double entry of one money fact: an invoice, a payment, an allocation or a reversal, by its id."""
    return JournalRead.of(await account_views.journal_of(tx, fact_id))


@router.get("/journal-balances", dependencies=[requires("journal:read")])
async def list_journal_balances(
    tx: Tx, as_of: Annotated[Day | None, Query(description="End of this effective day; today when left out.")] = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
) -> JournalBalancesRead:
    """The balance of every journal account at the end of a day, as known at a time."""
    tenant = await periods.present_for(tx, known_at)
    day, known = as_of or tenant.today, known_at or tenant.now
    lines = await account_views.balances(tx, day, known)
    return JournalBalancesRead(
        as_of=day, known_at=known, provisional=known_at is None or known_at >= tenant.now,
        data=[JournalLineRead.of(line) for line in lines])
