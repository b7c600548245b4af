"""What billing-svc tells of arrangements: other due dates stand for items, until they are paid or a part is missed."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, CustomerEvent, Wire
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID, cny


class DatedItem(Wire):
    """An item and the due date that stands for it from now on: when the next part of it is to be paid."""

    item_id: UUID
    due_on: date
    due_version: int


class ArrangedPart(Wire):
    """So much is to be paid by this day."""

    due_on: date
    amount: Amount


class ArrangementFact(CustomerEvent):
    """A fact about an arrangement that made other due dates stand; `day_field` names the day on which it happened."""

    day_field: ClassVar[str]
    arrangement_id: UUID
    version: int
    items: list[DatedItem]

    @property
    def day(self) -> date:
        """By the tenant's calendar: what is recorded at its midnight has another date in UTC."""
        day: date = getattr(self, self.day_field)
        return day


def _told(due_on: str, due_version: int, **changes: Any) -> dict[str, object]:
    dated = {"item_id": ID + "3", "due_on": due_on, "due_version": due_version}
    return {"customer_id": ID + "1", "arrangement_id": ID + "7", "version": 1, "items": [dated]} | changes


_PARTS = [{"due_on": "2026-03-10", "amount": cny("2000.00")}, {"due_on": "2026-04-10", "amount": cny("2520.00")}]


class ArrangementAgreed(ArrangementFact):
    """Instalments or a deferral were agreed for items; a part may be paid so many days of grace late."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "agreed_on"
    parts: list[ArrangedPart]
    grace_days: int
    agreed_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("2026-03-10", 2, parts=_PARTS, grace_days=3, agreed_on="2026-02-20"),
        _told("2026-04-10", 2, parts=[{"due_on": "2026-04-10", "amount": cny("4520.00")}], grace_days=0,
              agreed_on="2026-02-20"))


class ArrangementRevised(ArrangementFact):
    """Other parts were agreed for what is still open."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "revised_on"
    parts: list[ArrangedPart]
    grace_days: int
    revised_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("2026-03-20", 3, version=2, parts=[{"due_on": "2026-03-20", "amount": cny("4520.00")}], grace_days=3,
              revised_on="2026-03-01"),
        _told("2026-05-10", 3, version=2, parts=[{"due_on": "2026-05-10", "amount": cny("2520.00")}], grace_days=5,
              revised_on="2026-03-15"))


class ArrangementAdvanced(ArrangementFact):
    """A part was paid, or money for one went back: the due date of the part that is open now stands."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "advanced_on"
    advanced_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("2026-04-10", 3, advanced_on="2026-03-10"), _told("2026-03-10", 4, advanced_on="2026-03-12"))


class ArrangementCompleted(ArrangementFact):
    """All that was arranged is paid; the old due dates stand again, should any of it come back."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "completed_on"
    completed_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told("2026-02-04", version, completed_on="2026-04-11") for version in (3, 4))


class ArrangementDefaulted(ArrangementFact):
    """A part was missed beyond its grace: the old due dates stand again."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "defaulted_on"
    missed: ArrangedPart
    defaulted_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told("2026-02-04", version, missed=_PARTS[0], defaulted_on="2026-03-14") for version in (3, 4))


class ArrangementReinstated(ArrangementFact):
    """The missed part turned out to have been paid in time: the arranged due dates stand again."""

    owner: ClassVar[str] = OWNER
    day_field: ClassVar[str] = "reinstated_on"
    reinstated_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told("2026-04-10", version, reinstated_on="2026-03-16") for version in (4, 5))
