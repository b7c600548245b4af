"""Routes of several ladders: each by its name, with versions and a preview, and the rules that choose among them."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kit import pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.ladder import NOT_KNOWN, LadderPolicyRead, LadderPolicyUpdate
from notify_svc.domain.ladder_choice import MAX_RULES, LadderRule
from notify_svc.store import ladder_policies
from notify_svc.store.ladder_policies import SetSelection
from notify_svc.usecases.preview_ladder import LadderPreview

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["ladder"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["ladder"])
NOT_FOUND = refuses("ladder_not_found", status=404)
LadderName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", examples=["strict"])]
Word = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^\x00-\x20]+$")]


class LadderList(BaseModel):
    """Ladders, each in the version in force."""

    data: list[LadderPolicyRead]


class LadderVersionPage(Page[LadderPolicyRead]):
    """Versions of one ladder, newest first."""


class LadderRuleUpdate(BaseModel):
    """Customers of this grade, or of this class, or of both, climb this ladder."""

    model_config = ConfigDict(extra="forbid")
    ladder: Word
    grade: Word | None = None
    dimension: Word | None = None
    value: Word | None = None

    def to_rule(self) -> LadderRule:
        """Refuses: bad_ladder_rule."""
        return LadderRule(self.ladder, self.grade, self.dimension, self.value)


class LadderSelectionUpdate(BaseModel):
    """The rules in order: the first that fits chooses; who fits none climbs the standard ladder."""

    model_config = ConfigDict(extra="forbid")
    rules: Annotated[list[LadderRuleUpdate], Field(max_length=MAX_RULES)]


class LadderRuleRead(BaseModel):
    """A rule; what is null does not matter to it."""

    ladder: str
    grade: str | None
    dimension: str | None
    value: str | None


class LadderSelectionRead(BaseModel):
    """The rules in force, in order."""

    version: int
    rules: list[LadderRuleRead]
    set_by: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, found: SetSelection) -> Self:
        rules = [LadderRuleRead(ladder=one.ladder, grade=one.grade, dimension=one.dimension, value=one.value)
                 for one in found.rules]
        return cls(version=found.version, rules=rules, set_by=found.set_by, set_at=found.set_at)


class LadderLevelDueRead(BaseModel):
    """How many items a level would be due for today."""

    level: int
    items: int


class LadderPreviewRead(BaseModel):
    """What a ladder would change for the open items that climb it."""

    on: date
    items: int
    changed: int
    due: list[LadderLevelDueRead]

    @classmethod
    def of(cls, found: LadderPreview) -> Self:
        due = [LadderLevelDueRead(level=level, items=items) for level, items in found.due_by_level.items()]
        return cls(on=found.on, items=found.items, changed=found.changed, due=due)


@router.get("/ladders", dependencies=[requires("reminders:read")])
async def list_ladders(tx: Tx) -> LadderList:
    """Every ladder of the tenant in the version in force."""
    return LadderList(data=[LadderPolicyRead.of(one) for one in await ladder_policies.newest(tx)])


@router.get("/ladders/{ladder}", dependencies=[requires("reminders:read")], responses=NOT_FOUND)
async def get_ladder(ladder: LadderName, tx: Tx, response: Tagged) -> LadderPolicyRead:
    """One ladder in the version in force."""
    found = await ladder_policies.in_force(tx, ladder)
    set_etag(response, found.policy.version)
    return LadderPolicyRead.of(found)


@router.get("/ladders/{ladder}/versions", dependencies=[requires("reminders:read")],
            responses=NOT_FOUND | pages.RESPONSES)
async def list_ladder_versions(
    ladder: LadderName, tx: Tx, cursor: Paging, response: Response, limit: Limit = pages.DEFAULT_LIMIT,
) -> LadderVersionPage:
    """All versions of one ladder, newest first."""
    found = await ladder_policies.versions_of(tx, ladder, cursor.after[0] if cursor.after else None, limit + 1)
    return LadderVersionPage(
        **cursor.page(response, found, limit, lambda one: [one.policy.version], LadderPolicyRead.of))


@writes.put("/ladders/{ladder}", dependencies=[requires("reminders:write")],
            responses=NOT_KNOWN | versions.RESPONSES | refuses("invalid_request", "bad_ladder"))
async def set_ladder(
    ladder: LadderName, body: LadderPolicyUpdate, seen: IfMatch, tx: Tx, response: Tagged,
) -> LadderPolicyRead:
    """Set a ladder as a new version; `If-Match: "0"` makes one of a name that is not there yet."""
    found = await usecases.set_ladder(tx, ladder, body.to_policy(), expected_version=seen)
    set_etag(response, found.policy.version)
    return LadderPolicyRead.of(found)


@writes.post("/ladders/{ladder}:preview", dependencies=[requires("reminders:read")],
             responses=NOT_KNOWN | refuses("invalid_request", "bad_ladder"))
async def preview_ladder(ladder: LadderName, body: LadderPolicyUpdate, tx: Tx) -> LadderPreviewRead:
    """What setting a ladder would change for the open items of today; nothing is kept."""
    return LadderPreviewRead.of(await usecases.preview_ladder(tx, body.to_policy(), ladder=ladder))


@router.get("/ladder-selection", dependencies=[requires("reminders:read")])
async def get_ladder_selection(tx: Tx, response: Tagged) -> LadderSelectionRead:
    """Which customers climb which ladder."""
    found = await ladder_policies.selection(tx)
    set_etag(response, found.version)
    return LadderSelectionRead.of(found)


@writes.put("/ladder-selection", dependencies=[requires("reminders:write")],
            responses=NOT_KNOWN | versions.RESPONSES | refuses("invalid_request", "bad_ladder_rule"))
async def set_ladder_selection(
    body: LadderSelectionUpdate, seen: IfMatch, tx: Tx, response: Tagged,
) -> LadderSelectionRead:
    """Choose by grade and class who climbs which ladder; all open items are planned anew by it."""
    rules = tuple(rule.to_rule() for rule in body.rules)
    found = await usecases.set_ladder_selection(tx, rules, expected_version=seen)
    set_etag(response, found.version)
    return LadderSelectionRead.of(found)
