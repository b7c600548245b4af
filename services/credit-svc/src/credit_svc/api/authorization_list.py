"""What was asked for and decided: a customer's credit history, or what is still reserved."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from credit_svc.domain.authorization import AuthorizationStatus
from credit_svc.domain.decision import DenialReason
from credit_svc.store import authorization_list
from credit_svc.store.authorization_list import AskedAuthorizations, ListedAuthorization
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.write_route import ReadRoute, Tx

reads = APIRouter(route_class=ReadRoute, tags=["authorizations"])
routers = (reads,)


class AuthorizationListRead(BaseModel):
    """An authorisation and why it was decided so; the whole explanation is at its own path."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    reference: str
    status: AuthorizationStatus
    reasons: list[DenialReason]
    amount: Amount
    reserved: Amount
    captured: Amount
    over_captured: Amount
    decided_at: datetime
    decided_by: str
    expires_at: datetime

    @classmethod
    def of(cls, found: ListedAuthorization, asked: Whose) -> Self:
        one = found.authorization
        return cls(
            id=one.id, customer_id=one.customer_id, number=found.number, name=found.name,
            owner_code=found.owner_code, standing_in_for=asked.standing_in_for(found.owner_code),
            reference=one.reference, status=one.status, reasons=list(found.reasons),
            amount=Amount.of(one.asked), reserved=Amount.of(one.reserved), captured=Amount.of(one.captured),
            over_captured=Amount.of(one.over_captured), decided_at=found.decided_at, decided_by=found.decided_by,
            expires_at=one.expires_at)


class AuthorizationPage(Page[AuthorizationListRead]):
    """Authorisations, newest first."""


@reads.get("/credit/v1/authorizations", dependencies=[requires("authorizations:read")], responses=RESPONSES)
async def list_authorizations(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    customer_id: Annotated[UUID | None, Query()] = None, status: Annotated[AuthorizationStatus | None, Query()] = None,
    owner: Owner = None,
) -> AuthorizationPage:
    """What was asked for and decided, newest first: of one customer or of all, approved or denied."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await authorization_list.some(
        tx, AskedAuthorizations(customer_id, asked.codes, status, after, limit + 1))
    return AuthorizationPage(**cursor.page(
        response, found, limit, lambda one: [one.authorization.id],
        lambda one: AuthorizationListRead.of(one, asked)))
