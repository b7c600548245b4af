"""An entry of the log of interactions on the wire."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.interaction import (
    MAX_SUMMARY,
    Findings,
    Interaction,
    InteractionKind,
    InteractionOutcome,
    Willingness,
)
from customer_svc.store.interactions import FollowUp, Logged
from dunlin_kernel.ids import ContactId, CustomerId, new_id
from dunlin_kit.owned import StandingInFor
from dunlin_kit.pages import Page

Summary = Annotated[str, Field(min_length=1, max_length=MAX_SUMMARY)]


class InteractionCreate(Sent):
    """What was said. The outcome `follow_up` names its day; willingness, condition and difficulties are a visit's."""

    id: UUID | None = None
    kind: InteractionKind
    happened_at: AwareDatetime
    summary: Summary
    outcome: InteractionOutcome
    contact_id: UUID | None = None
    follow_up_on: date | None = None
    willingness: Willingness | None = None
    condition: Summary | None = None
    difficulties: Summary | None = None

    def to_interaction(self, customer_id: CustomerId) -> Interaction:
        """Refuses: bad_interaction."""
        contact = ContactId(self.contact_id) if self.contact_id else None
        return Interaction(
            self.id or new_id(), customer_id, self.kind, self.happened_at, self.summary, self.outcome, contact,
            self.follow_up_on, Findings(self.willingness, self.condition, self.difficulties))


class InteractionRead(BaseModel):
    """An entry of the log, by whom it was written down and when."""

    id: UUID
    customer_id: UUID
    contact_id: UUID | None
    kind: InteractionKind
    happened_at: datetime
    summary: str
    outcome: InteractionOutcome
    follow_up_on: date | None
    willingness: Willingness | None
    condition: str | None
    difficulties: str | None
    actor: str
    recorded_at: datetime

    @classmethod
    def of(cls, logged: Logged) -> Self:
        one, found = logged.interaction, logged.interaction.findings
        return cls(
            id=one.id, customer_id=one.customer_id, contact_id=one.contact_id, kind=one.kind,
            happened_at=one.happened_at, summary=one.summary, outcome=one.outcome, follow_up_on=one.follow_up_on,
            willingness=found.willingness, condition=found.condition, difficulties=found.difficulties,
            actor=logged.actor, recorded_at=logged.recorded_at)


class InteractionPage(Page[InteractionRead]):
    """The log of a customer, the newest entry first."""


class FollowUpRead(BaseModel):
    """A customer whose last entry of the log is to be followed up."""

    customer_id: UUID
    number: str
    name: str
    owner_id: UUID | None
    owner_code: str | None
    standing_in_for: str | None = StandingInFor
    interaction_id: UUID
    kind: InteractionKind
    follow_up_on: date

    @classmethod
    def of(cls, due: FollowUp, me: str | None) -> Self:
        """`me` is who asks for the own ones."""
        code = due.owner_code
        return cls(
            customer_id=due.customer_id, number=due.number, name=due.name, owner_id=due.owner_id,
            owner_code=code, standing_in_for=code if me is not None and code != me else None,
            interaction_id=due.id, kind=InteractionKind(due.kind), follow_up_on=due.follow_up_on)


class FollowUpPage(Page[FollowUpRead]):
    """What is to be followed up, the longest due first."""
