"""What customer-svc tells of staff: who stands in for whom, and when. Names and channels must be asked for."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Event, Wire
from dunlin_events.contracts.example_values import ID

OWNER = "customer"


class StaffAway(Wire):
    """Days on which someone is away, the first and the last one included."""

    from_on: date
    until_on: date


class StaffConfigured(Event):
    """A member of staff as it stands now: its deputy, whether it is still there, and absences that are not over."""

    owner: ClassVar[str] = OWNER
    staff_id: UUID
    code: str = Field(description="Under which the company knows its member of staff.")
    deputy_id: UUID | None = Field(description="Who acts while this one is away.")
    active: bool = Field(description="Who is not active acts for nobody.")
    absences: list[StaffAway]
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"staff_id": ID + "b", "code": "S-17", "deputy_id": ID + "e", "active": True,
         "absences": [{"from_on": "2026-02-02", "until_on": "2026-02-06"}]},
        {"staff_id": ID + "e", "code": "S-18", "deputy_id": None, "active": True, "absences": []},
    )
