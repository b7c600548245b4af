"""Staff as services besides the archive know them: whose rows a list shows when its asker says `owner=me`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import Boolean, Text, Uuid, column, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_events.subscription import Subscription
from dunlin_kernel.standing_in import acting

Owner = Annotated[str | None, Query(max_length=64, description=(
    "The code of a member of staff, or `me`: whose code is the subject of the token, with those whom one stands in for "
    "today. Left out: everybody's."))]


class StaffColumns(SQLModel):
    """`staff`: a member of staff as last told of. `absences` are pairs of first and last day."""

    code: str = Field(sa_type=Text)
    deputy_id: UUID | None
    active: bool
    absences: str = Field(sa_type=JSONB)


STAFF = table(
    "staff", column("tenant_id", Uuid), column("staff_id", Uuid), column("code", Text), column("deputy_id", Uuid),
    column("active", Boolean), column("absences", JSONB))
_EVERYBODY = select(STAFF.c.staff_id, STAFF.c.code, STAFF.c.deputy_id, STAFF.c.active, STAFF.c.absences)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows are asked for: `codes` of staff, None for everybody's; `asker` where one asks for oneself."""

    codes: tuple[str, ...] | None
    asker: str | None = None

    def standing_in_for(self, owner_code: str | None) -> str | None:
        """The owner of a row where the asker stands in for that one, else None."""
        return owner_code if self.asker is not None and owner_code != self.asker else None


def follow_staff(subscription: Subscription[Any]) -> None:
    """Keep the `staff` rows by what customer-svc tells."""

    @subscription.on_tenant(StaffConfigured)
    async def staff_configured(tx: Any, event: StaffConfigured) -> None:
        away = [[one.from_on.isoformat(), one.until_on.isoformat()] for one in event.absences]
        tx.put(STAFF, {
            "staff_id": event.staff_id, "code": event.code, "deputy_id": event.deputy_id, "active": event.active,
            "absences": json.dumps(away)}, key=("staff_id",))


async def whose(tx: Any, subject: str, owner: str | None, today: date) -> Whose:
    """Of whom `owner` asks on a day, when it is asked by `subject`."""
    if owner != "me":
        return Whose(None if owner is None else (owner,))
    acts = _acting_codes(await tx.rows(_EVERYBODY), today)
    others = sorted(code for code, by in acts.items() if by == subject and code != subject)
    return Whose((subject, *others), subject)


async def acting_id(tx: Any, code: str, today: date) -> UUID | None:
    """Who acts on a day for the member of staff with this code; None when all are away, or nobody has it."""
    rows = await tx.rows(_EVERYBODY)
    acts = _acting(rows, today)
    return next((acts[row["staff_id"]] for row in rows if row["code"] == code), None)


async def is_known(tx: Any, code: str) -> bool:
    """Whether a member of staff who is still there has this code."""
    return any(row["code"] == code and row["active"] for row in await tx.rows(_EVERYBODY))


def _acting_codes(rows: Any, today: date) -> Mapping[str, str | None]:
    """Of each member of staff, who acts on a day."""
    codes = {row["staff_id"]: str(row["code"]) for row in rows}
    return {codes[one]: codes.get(by) if by else None for one, by in _acting(rows, today).items()}


def _acting(rows: Any, today: date) -> dict[UUID, UUID | None]:
    """Of each member of staff, who acts on a day."""
    deputies: dict[UUID, UUID | None] = {row["staff_id"]: row["deputy_id"] for row in rows}
    day = today.isoformat()
    away = {row["staff_id"] for row in rows
            if not row["active"] or any(begins <= day <= ends for begins, ends in row["absences"])}
    return {one: acting(one, deputies, away) for one in deputies}
