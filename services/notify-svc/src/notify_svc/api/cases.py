"""Routes of collection cases: opened, advanced, noted, closed, and read."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kit import pages, versions
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.promises import Note
from notify_svc.domain.collection_case import CaseAction, CaseReason, CaseStage, CollectionCase, EntryKind
from notify_svc.store import cases, customer_names
from notify_svc.store.cases import CaseEntry
from notify_svc.store.customer_names import CustomerNamed
from notify_svc.usecases.advance_case import AdvanceCase
from notify_svc.usecases.open_case import OpenCase

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["collections"])
MAY_READ, MAY_WRITE = requires("collections:read"), requires("collections:write")
NOT_FOUND = refuses("case_not_found", status=404)
NOT_KNOWN = refuses("tenant_not_known_yet", status=409)
OwnerCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x20]+$")]
CloseReason = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$", examples=["agreed"])]


class CaseCreate(BaseModel):
    """A case to be opened; without `owner_code` the customer's own member of staff works on it."""

    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    owner_code: OwnerCode | None = None
    next_action: CaseAction | None = None
    next_action_on: Day | None = None
    note: Note | None = None

    def to_command(self) -> OpenCase:
        return OpenCase(self.customer_id, self.owner_code, self.next_action, self.next_action_on, self.note)


class CaseAdvance(BaseModel):
    """How a case is to stand: its stage, who works on it, and what is to be done next, or nothing."""

    model_config = ConfigDict(extra="forbid")
    stage: CaseStage
    owner_code: OwnerCode | None
    next_action: CaseAction | None
    next_action_on: Day | None
    note: Note | None = None


class CaseNoteKind(StrEnum):
    NOTE = "note"
    VISIT = "visit"
    NEGOTIATION = "negotiation"
    DEMAND_SERVED = "demand_served"
    ACKNOWLEDGED = "acknowledged"


class CaseEntryCreate(BaseModel):
    """What happened in a case, on a day; today when left out. A demand that was proven to be served and a debt that was
    acknowledged begin the limitation clocks of the customer's claims anew: the note names the evidence."""

    model_config = ConfigDict(extra="forbid")
    kind: CaseNoteKind
    on: Day | None = None
    note: Note


class CaseClose(BaseModel):
    """Why a case is closed, as a word, and a note."""

    model_config = ConfigDict(extra="forbid")
    reason: CloseReason
    note: Note | None = None


class CaseRead(BaseModel):
    """A case. Its ETag is made of `version`.

    Without an `owner_code` of its own, who answers for the customer works on it: `customer_owner_code`.
    """

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    customer_owner_code: str | None
    standing_in_for: str | None = StandingInFor
    reason: CaseReason
    stage: CaseStage
    owner_code: str | None
    next_action: CaseAction | None
    next_action_on: date | None
    opened_on: date
    opened_by: str
    closed_on: date | None
    end_reason: str | None
    version: int

    @classmethod
    def of(cls, case: CollectionCase, named: CustomerNamed, asked: Whose = EVERYBODYS) -> Self:
        own = {name: getattr(case, name) for name in cls.model_fields if hasattr(case, name)}
        return cls(**own, number=named.number, name=named.name, customer_owner_code=named.owner_code,
                   standing_in_for=asked.standing_in_for(case.owner_code or named.owner_code))


class CaseEntryRead(BaseModel):
    """Something that happened in a case."""

    kind: EntryKind
    on: date
    by: str
    note: str | None

    @classmethod
    def of(cls, entry: CaseEntry) -> Self:
        return cls(kind=entry.kind, on=entry.on, by=entry.by, note=entry.note)


class CaseDetailRead(CaseRead):
    """A case with all that happened in it, in order."""

    entries: list[CaseEntryRead]


class CasePage(Page[CaseRead]):
    """Cases, newest first."""


class CaseFilter(BaseModel):
    """What the list is narrowed to."""

    customer_id: UUID | None = None
    stage: CaseStage | None = None
    owner_code: OwnerCode | None = None


async def _filter(query: Annotated[CaseFilter, Query()]) -> CaseFilter:
    return query


@writes.post("/cases", status_code=201, dependencies=[MAY_WRITE],
             responses=refuses("customer_not_known_yet", "tenant_not_known_yet", "case_open_already", status=409)
             | refuses("invalid_request", "bad_next_action", "owner_not_known"))
async def open_case(body: CaseCreate, tx: Tx, response: Made) -> CaseRead:
    """Open a case for a customer: one at a time."""
    case = await usecases.open_case(tx, body.to_command())
    response.headers["Location"] = f"/notify/v1/cases/{case.id}"
    set_etag(response, case.version)
    return await _read(tx, case)


@writes.put("/cases/{case_id}", dependencies=[MAY_WRITE],
            responses=NOT_FOUND | refuses("tenant_not_known_yet", "illegal_transition", status=409)
            | versions.RESPONSES | refuses("invalid_request", "bad_next_action", "owner_not_known"))
async def advance_case(case_id: UUID, body: CaseAdvance, seen: IfMatch, tx: Tx, response: Tagged) -> CaseRead:
    """Bring a case to a stage, say what comes next, and who does it; no reminder leaves while it is in court."""
    case = await usecases.advance_case(tx, AdvanceCase(
        case_id, seen, body.stage, body.owner_code, body.next_action, body.next_action_on, body.note))
    set_etag(response, case.version)
    return await _read(tx, case)


@writes.post("/cases/{case_id}/entries", status_code=201, dependencies=[MAY_WRITE],
             responses=NOT_FOUND | NOT_KNOWN | refuses("invalid_request", "effective_in_future"))
async def note_case(case_id: UUID, body: CaseEntryCreate, tx: Tx) -> CaseEntryRead:
    """Write down a note, a visit, a talk, a demand that was served, or that the debt was acknowledged."""
    return CaseEntryRead.of(await usecases.note_case(tx, case_id, EntryKind(body.kind.value), body.note, body.on))


@writes.post("/cases/{case_id}:close", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("tenant_not_known_yet", "illegal_transition", status=409)
             | refuses("invalid_request"))
async def close_case(case_id: UUID, body: CaseClose, tx: Tx) -> CaseRead:
    """Close a case for a reason; what is owed stays owed."""
    return await _read(tx, await usecases.close_case(tx, case_id, reason=body.reason, note=body.note))


@router.get("/cases", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_cases(
    tx: Tx, me: Me, response: Response, cursor: Paging, query: Annotated[CaseFilter, Depends(_filter)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> CasePage:
    """Cases, newest first."""
    asked = await asked_for(tx, me, owner)
    filters = query.model_dump() | {"owners": asked.codes, "after": UUID(cursor.after[0]) if cursor.after else None}
    found = await cases.listed(tx, filters, limit=limit + 1)
    names = await customer_names.of(tx, (one.customer_id for one in found))
    return CasePage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: CaseRead.of(one, names[one.customer_id], asked)))


@router.get("/cases/{case_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_case(case_id: UUID, tx: Tx, response: Tagged) -> CaseDetailRead:
    """One case with all that happened in it."""
    case = await cases.find(tx, case_id)
    set_etag(response, case.version)
    entries = [CaseEntryRead.of(one) for one in await cases.entries_of(tx, case_id)]
    return CaseDetailRead(**dict(await _read(tx, case)), entries=entries)


async def _read(tx: Tx, case: CollectionCase) -> CaseRead:
    return CaseRead.of(case, await customer_names.of_one(tx, case.customer_id))
