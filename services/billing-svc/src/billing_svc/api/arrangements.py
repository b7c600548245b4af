"""Routes of arrangements: agree, revise, read."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode, names_of, narrowed
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.arrangement import MAX_GRACE_DAYS, MAX_ITEMS, Arrangement, ArrangementState
from billing_svc.domain.instalments import MAX_INSTALMENTS, Instalment
from billing_svc.store import arrangements
from billing_svc.store.customer_names import Named
from billing_svc.usecases.agree_arrangement import AgreeArrangement
from billing_svc.usecases.agree_arrangement import agree_arrangement as agree
from billing_svc.usecases.revise_arrangement import revise_arrangement as revise
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["arrangements"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["arrangements"])
MAY_WRITE = requires("items:write")
MAY_READ = requires("items:read")
NOT_FOUND = refuses("arrangement_not_found", status=404)
PARTS = ("instalments_do_not_sum", "part_in_past", "nothing_open", "amount_not_positive", "currency_mismatch",
         "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")


class ArrangementPartCreate(Body):
    """So much is to be paid by this day."""

    due_on: Day
    amount: Amount

    def to_part(self) -> Instalment:
        return Instalment(self.due_on, self.amount.money)


Parts = Annotated[list[ArrangementPartCreate], Field(min_length=1, max_length=MAX_INSTALMENTS)]
GraceDays = Annotated[int, Field(strict=True, ge=0, le=MAX_GRACE_DAYS)]


class ArrangementCreate(Body):
    """Other due dates for what is open of these items: the parts sum to it. `reference`: where it can be read."""

    id: UUID | None = None
    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_ITEMS)]
    parts: Parts
    grace_days: GraceDays = 3
    reference: Code | None = None

    def to_wish(self) -> AgreeArrangement:
        return AgreeArrangement(self.id or new_id(), tuple(self.item_ids), tuple(one.to_part() for one in self.parts),
                                self.grace_days, self.reference)


class ArrangementRevise(Body):
    """Other parts for what is still open: they sum to it."""

    parts: Parts
    grace_days: GraceDays = 3


class ArrangementPartRead(BaseModel):
    """So much is to be paid by this day."""

    due_on: date
    amount: Amount


class ArrangementRead(BaseModel):
    """An arrangement as it stands; `parts` are those of its present version."""

    id: UUID
    customer_id: UUID
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    state: ArrangementState
    version: int
    item_ids: list[UUID]
    amount: Amount
    parts: list[ArrangementPartRead]
    grace_days: int
    agreed_on: date

    @classmethod
    def of(cls, view: tuple[Arrangement, Named], asked: Whose = EVERYBODYS) -> Self:
        one, who = view
        return cls(
            **names_of(who), standing_in_for=asked.standing_in_for(who.owner_code), id=one.id,
            customer_id=one.customer_id, state=one.state, version=one.version, item_ids=list(one.item_ids),
            amount=Amount.of(one.amount), grace_days=one.grace_days, agreed_on=one.agreed_on,
            parts=[ArrangementPartRead(due_on=part.due_on, amount=Amount.of(part.amount)) for part in one.parts])


class ArrangementPage(Page[ArrangementRead]):
    """Arrangements in the order in which they were agreed."""


@writes.post("/arrangements", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*PARTS, "items_missing", "item_named_twice", "items_of_several_accounts")
    | refuses("item_not_found", status=404)
    | refuses("already_arranged", "arrangement_exists", "tenant_not_known_yet", status=409)))
async def agree_arrangement(
    body: ArrangementCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> ArrangementRead:
    """Agree instalments or a deferral: the new dates stand for dunning until all is paid or a part is missed."""
    one = await agree(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/arrangements/{one.id}"
    return await _written(tx, one.id)


@writes.post("/arrangements/{arrangement_id}:revise", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses(*PARTS)
    | refuses("arrangement_ended", "already_arranged", "tenant_not_known_yet", status=409)))
async def revise_arrangement(
    arrangement_id: UUID, body: ArrangementRevise, tx: Tx, validate_only: ValidateOnly = False,
) -> ArrangementRead:
    """Agree other parts for what is still open, as the next version."""
    await revise(tx, arrangement_id, [one.to_part() for one in body.parts], body.grace_days)
    return await _written(tx, arrangement_id)


async def _filters(customer_id: UUID | None = None, state: ArrangementState | None = None) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "state": state})


@router.get("/arrangements", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_arrangements(
    tx: Tx, me: Me, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> ArrangementPage:
    """Arrangements with exactly these values."""
    asked = await asked_for(tx, me, owner)
    found = await arrangements.page(
        tx, narrowed(filters, asked), UUID(cursor.after[0]) if cursor.after else None, limit)
    return ArrangementPage(**cursor.page(
        response, found, limit, lambda view: [view[0].id], lambda view: ArrangementRead.of(view, asked)))


@router.get("/arrangements/{arrangement_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_arrangement(arrangement_id: UUID, tx: Tx) -> ArrangementRead:
    """One arrangement as it stands."""
    return ArrangementRead.of(await arrangements.view(tx, arrangement_id))


async def _written(tx: Tx, arrangement_id: UUID) -> ArrangementRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return ArrangementRead.of(await arrangements.view(tx, arrangement_id))
