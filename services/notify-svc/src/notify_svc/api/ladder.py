"""Routes of the ladder: the policy, the schedule of each item, and switching imported items on."""

from datetime import date, datetime, time
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit import operations, pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.owned import OwnerCode
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.domain.ladder import (
    MAX_GAP_DAYS,
    MAX_LEVELS,
    MAX_OFFSET_DAYS,
    LadderPolicy,
    LetterTone,
    Level,
    LevelChannel,
)
from notify_svc.store import customer_names, customers, items, ladder_policies
from notify_svc.store.customer_names import CustomerNamed
from notify_svc.store.ladder_policies import SetPolicy

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["ladder"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["ladder"])
NOT_KNOWN = refuses("tenant_not_known_yet", status=409)
Offset = Annotated[int, Field(ge=-MAX_OFFSET_DAYS, le=MAX_OFFSET_DAYS, strict=True, description=(
    "Days after the due date; negative before it."))]
FeeCode = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Z0-9][A-Z0-9-]*$")]
RunAt = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["12:00"], description=(
    "Time of day in the tenant's zone at which the daily run begins."))]


class LadderLevelUpdate(BaseModel):
    """One rung of a ladder to be set."""

    model_config = ConfigDict(extra="forbid")
    offset_days: Offset
    tone: LetterTone
    fee_code: FeeCode | None = None
    channel: LevelChannel = LevelChannel.EMAIL


class LadderPolicyUpdate(BaseModel):
    """A ladder to be set: levels in the order of their days, and the gap from the second overdue one on."""

    model_config = ConfigDict(extra="forbid")
    levels: Annotated[list[LadderLevelUpdate], Field(min_length=1, max_length=MAX_LEVELS)]
    gap_days: int = Field(ge=0, le=MAX_GAP_DAYS, strict=True)
    run_at: RunAt

    def to_policy(self) -> LadderPolicy:
        """Refuses: bad_ladder."""
        levels = tuple(Level(level.offset_days, level.tone, level.fee_code, level.channel) for level in self.levels)
        return LadderPolicy(1, levels, self.gap_days, time.fromisoformat(self.run_at))


class LadderLevelRead(BaseModel):
    """One rung; `level` is its number, from 0."""

    level: int
    offset_days: int
    tone: LetterTone
    fee_code: str | None
    channel: LevelChannel


class LadderPolicyRead(BaseModel):
    """A ladder in force; nobody has set it while it is the one that every tenant begins with.

    Versions are numbered on over all ladders of the tenant.
    """

    ladder: str
    version: int
    levels: list[LadderLevelRead]
    gap_days: int
    run_at: RunAt
    set_by: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, found: SetPolicy) -> Self:
        policy = found.policy
        levels = [
            LadderLevelRead(level=n, offset_days=level.offset_days, tone=level.tone, fee_code=level.fee_code,
                            channel=level.channel)
            for n, level in enumerate(policy.levels)
        ]
        return cls(ladder=found.ladder, version=policy.version, levels=levels, gap_days=policy.gap_days,
                   run_at=policy.run_at.strftime("%H:%M"), set_by=found.set_by, set_at=found.set_at)


class LadderSwitchOnCreate(BaseModel):
    """Whose imported items begin their ladders: one customer's, or all of the tenant's."""

    model_config = ConfigDict(extra="forbid")
    customer_id: UUID | None = None


class ReminderRead(BaseModel):
    """An item and its next reminder; level and day are null where none will come.

    `next_on` in the past means the next run. `active` is false while an imported item waits to be switched on.
    """

    item_id: UUID
    customer_id: UUID
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode
    invoice_id: UUID | None
    number: str
    due_on: date
    due_version: int
    open: Amount
    active: bool
    last_sent_on: date | None
    next_level: int | None
    next_on: date | None

    @classmethod
    def of(cls, row: Any, named: CustomerNamed) -> Self:
        own = {name: row[name] for name in cls.model_fields if name in row}
        return cls(**own | {
            "item_id": row["id"], "open": Amount.of(Money(row["open"], row["currency"])),
            "customer_number": named.number, "customer_name": named.name, "owner_code": named.owner_code})


class ReminderPage(Page[ReminderRead]):
    """Items with their next reminders, in the order in which they were issued."""


@router.get("/ladder-policy", dependencies=[requires("reminders:read")])
async def get_ladder_policy(tx: Tx, response: Tagged) -> LadderPolicyRead:
    """The ladder in force."""
    found = await ladder_policies.in_force(tx)
    set_etag(response, found.policy.version)
    return LadderPolicyRead.of(found)


@writes.put("/ladder-policy", dependencies=[requires("reminders:write")],
            responses=NOT_KNOWN | versions.RESPONSES | refuses("invalid_request", "bad_ladder"))
async def set_ladder_policy(body: LadderPolicyUpdate, seen: IfMatch, tx: Tx, response: Tagged) -> LadderPolicyRead:
    """Set the ladder as a new version; all open items are planned anew by it, and nothing that was sent is repeated."""
    found = await usecases.set_ladder_policy(tx, body.to_policy(), expected_version=seen)
    set_etag(response, found.policy.version)
    return LadderPolicyRead.of(found)


@writes.post("/ladder:switch-on", status_code=202, dependencies=[requires("reminders:write")],
             responses=NOT_KNOWN | refuses("invalid_request"))
async def switch_on_ladder(body: LadderSwitchOnCreate, tx: Tx, response: Located) -> OperationRead:
    """Let imported items begin, each at the level it has reached; nothing is sent for the levels before it."""
    operation_id = await usecases.switch_on_ladder(tx, body.customer_id)
    await tx.flush()
    response.headers["Location"] = operations.location_of("notify", operation_id)
    return await operations.get(tx, operation_id)


@router.get("/reminders", dependencies=[requires("reminders:read")],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_reminders(
    tx: Tx, response: Response, cursor: Paging, customer_id: Annotated[UUID | None, Query()] = None,
    item_id: Annotated[UUID | None, Query()] = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> ReminderPage:
    """The schedule: each item with its next level and day."""
    await customers.assert_heard_of(tx, customer_id)
    after = UUID(cursor.after[0]) if cursor.after else NIL
    found = await items.listed(tx, customer_id=customer_id, item_id=item_id, after=after, limit=limit + 1)
    names = await customer_names.of(tx, (row["customer_id"] for row in found))
    return ReminderPage(**cursor.page(
        response, found, limit, lambda row: [row["id"]], lambda row: ReminderRead.of(row, names[row["customer_id"]])))
