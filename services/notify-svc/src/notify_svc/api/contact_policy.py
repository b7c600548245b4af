"""Routes of the contact policy: how often and at what hours recipients are written to."""

from datetime import datetime, time
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute
from notify_svc import usecases
from notify_svc.domain.contact_policy import MAX_DAYS_BETWEEN, ContactPolicy
from notify_svc.store import contact_policies
from notify_svc.store.contact_policies import SetContactPolicy

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["ladder"])
writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["ladder"])
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["20:00"])]


class ContactPolicyUpdate(BaseModel):
    """Days between two contacts (0: as often as the ladder says) and quiet hours in the recipient's zone, or none."""

    model_config = ConfigDict(extra="forbid")
    min_days_between: int = Field(ge=0, le=MAX_DAYS_BETWEEN, strict=True)
    quiet_from: TimeOfDay | None
    quiet_until: TimeOfDay | None

    def to_policy(self) -> ContactPolicy:
        """Refuses: bad_contact_policy."""
        begin, end = ((time.fromisoformat(at) if at else None) for at in (self.quiet_from, self.quiet_until))
        return ContactPolicy(1, self.min_days_between, begin, end)


class ContactPolicyRead(BaseModel):
    """The contact policy in force; nobody has set it while it is the one that every tenant begins with."""

    version: int
    min_days_between: int
    quiet_from: TimeOfDay | None
    quiet_until: TimeOfDay | None
    set_by: str | None
    set_at: datetime | None

    @classmethod
    def of(cls, found: SetContactPolicy) -> Self:
        begin, end = ((at.strftime("%H:%M") if at else None)
                      for at in (found.policy.quiet_from, found.policy.quiet_until))
        return cls(version=found.policy.version, min_days_between=found.policy.min_days_between, quiet_from=begin,
                   quiet_until=end, set_by=found.set_by, set_at=found.set_at)


@router.get("/contact-policy", dependencies=[requires("reminders:read")])
async def get_contact_policy(tx: Tx, response: Tagged) -> ContactPolicyRead:
    """How recipients are spared."""
    found = await contact_policies.in_force(tx)
    set_etag(response, found.policy.version)
    return ContactPolicyRead.of(found)


@writes.put("/contact-policy", dependencies=[requires("reminders:write")],
            responses=refuses("tenant_not_known_yet", status=409) | versions.RESPONSES
            | refuses("invalid_request", "bad_contact_policy"))
async def set_contact_policy(body: ContactPolicyUpdate, seen: IfMatch, tx: Tx, response: Tagged) -> ContactPolicyRead:
    """Set how recipients are spared, as a new version: quiet hours postpone a message, recent contact keeps it due."""
    found = await usecases.set_contact_policy(tx, body.to_policy(), expected_version=seen)
    set_etag(response, found.policy.version)
    return ContactPolicyRead.of(found)
