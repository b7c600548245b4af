"""What customer-svc tells of groups: which there are, which customers belong to them, and customers that became one."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import CustomerEvent, Event
from dunlin_events.contracts.example_values import ID

OWNER = "customer"


class GroupConfigured(Event):
    """A group of customers as it stands now: its currency, and whether its members' credits are set off."""

    owner: ClassVar[str] = OWNER
    group_id: UUID
    number: str
    name: str
    currency: str = Field(description="In which the group's exposure is stated.")
    set_off: bool = Field(description="True when an agreement lets one member's credit stand against another's debt.")
    version: int = Field(description="1, 2, 3 ... with each change of the group.")
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"group_id": ID + "a", "number": "G-000001", "name": "华为集团", "currency": "CNY", "set_off": False,
         "version": 1},
        {"group_id": ID + "a", "number": "G-000001", "name": "华为集团", "currency": "EUR", "set_off": True,
         "version": 2},
    )


class CustomerGroupChanged(CustomerEvent):
    """The customer belongs to this group from now on, or to none; it is never in two."""

    owner: ClassVar[str] = OWNER
    group_id: UUID | None
    group_number: str | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": ID + "1", "group_id": ID + "a", "group_number": "G-000001"},
        {"customer_id": ID + "1", "group_id": None, "group_number": None},
    )


class CustomersMerged(CustomerEvent):
    """Two entries were one customer: `source` is closed and points on to `into`, which goes on.

    One fact in each of the two streams; `customer_id` says whose stream it is. Balances move by facts of billing-svc.
    """

    owner: ClassVar[str] = OWNER
    source_id: UUID
    source_number: str
    into_id: UUID
    into_number: str
    examples: ClassVar[tuple[dict[str, object], ...]] = ()


def _merged(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": ID + "1", "source_id": ID + "1", "source_number": "C-000001", "into_id": ID + "2",
        "into_number": "C-000002"}
    return base | changes


CustomersMerged.examples = (_merged(), _merged(customer_id=ID + "2"))
