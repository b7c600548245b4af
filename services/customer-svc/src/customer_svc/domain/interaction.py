"""The log of what was said between us and a customer: calls, mails, chats and visits, each with its outcome."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from customer_svc.domain.text import is_plain
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import ContactId, CustomerId

MAX_SUMMARY = 2_000


class InteractionKind(StrEnum):
    CALL = "call"
    MAIL = "mail"
    CHAT = "chat"
    VISIT = "visit"


class InteractionOutcome(StrEnum):
    """`reached`: spoken to with nothing more to do; `follow_up`: there is, on a day."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    AGREED = "agreed"
    REFUSED = "refused"
    FOLLOW_UP = "follow_up"


class Willingness(StrEnum):
    """Whether the customer means to pay, as the visitor saw it."""

    WILLING = "willing"
    UNWILLING = "unwilling"
    UNABLE = "unable"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a visit found: willingness to pay, business condition, real difficulties."""

    willingness: Willingness | None = None
    condition: str | None = None
    difficulties: str | None = None

    @property
    def is_empty(self) -> bool:
        return self == Findings()


@dataclass(frozen=True, slots=True)
class Interaction:
    """One entry of the log; it is never changed. Findings are those of a visit.

    Refuses: bad_interaction.
    """

    id: UUID
    customer_id: CustomerId
    kind: InteractionKind
    happened_at: datetime
    summary: str
    outcome: InteractionOutcome
    contact_id: ContactId | None = None
    follow_up_on: date | None = None
    findings: Findings = Findings()

    def __post_init__(self) -> None:
        texts = [self.summary, self.findings.condition, self.findings.difficulties]
        if any(text is not None and (len(text) > MAX_SUMMARY or not is_plain(text)) for text in texts):
            raise RuleBroken("bad_interaction", f"Texts have 1 to {MAX_SUMMARY} printable characters on one line.")
        if self.kind is not InteractionKind.VISIT and not self.findings.is_empty:
            raise RuleBroken("bad_interaction", "Only a visit has findings.")
        if (self.outcome is InteractionOutcome.FOLLOW_UP) != (self.follow_up_on is not None):
            raise RuleBroken("bad_interaction", "The outcome follow_up names its day, and no other does.")


def must_have_happened(interaction: Interaction, now: datetime) -> None:
    """Refuses: interaction_in_the_future."""
    if interaction.happened_at > now:
        raise RuleBroken("interaction_in_the_future", "The log holds what has happened.")
