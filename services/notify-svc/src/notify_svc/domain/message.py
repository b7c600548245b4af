"""A message's life: queued, sending, then sent, failed or unknown; only a person ends an unknown outcome."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.frozen import replace
from dunlin_kernel.lifecycle import IllegalTransition, Lifecycle
from dunlin_kernel.money import Money


class MessageStatus(StrEnum):
    """`queued`: judged and written, its hand-over has not begun; its steps are `sending` already.

    `to_print`: a letter that waits to be printed and posted, its steps are `sending` too. `deferred`: nothing was
    handed over, it is tried again; `not_sent`: a person found that it never left, or withdrew it.
    """

    SUPPRESSED = "suppressed"
    QUEUED = "queued"
    TO_PRINT = "to_print"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class Bounce(StrEnum):
    """How a message came back: `hard` says that the address is of no use."""

    HARD = "hard"
    SOFT = "soft"


_OUTCOMES = frozenset({MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DEFERRED})

MESSAGE = Lifecycle("message", {
    MessageStatus.SUPPRESSED: frozenset(),
    MessageStatus.QUEUED: frozenset({MessageStatus.SENDING, MessageStatus.DEFERRED}),
    MessageStatus.TO_PRINT: frozenset({MessageStatus.SENT, MessageStatus.NOT_SENT}),
    MessageStatus.SENDING: _OUTCOMES | {MessageStatus.UNKNOWN},
    MessageStatus.UNKNOWN: _OUTCOMES | {MessageStatus.NOT_SENT},
    MessageStatus.SENT: frozenset(),
    MessageStatus.FAILED: frozenset(),
    MessageStatus.DEFERRED: frozenset(),
    MessageStatus.NOT_SENT: frozenset(),
})
"""A sender that comes back late with the true outcome may still end `unknown`; nothing ever leads back to `sending`."""

COUNTS_AS_SENT = frozenset({MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.UNKNOWN})
"""A step in one of these blocks its level for ever: it has left or may have."""


@dataclass(frozen=True, slots=True)
class Step:
    """One item in a message: its level, the amount asked for, how it ended, and why when it did not leave."""

    item_id: UUID
    invoice_id: UUID | None
    number: str
    due_on: date
    due_version: int
    level: int
    offset_days: int
    amount: Money
    outcome: MessageStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one customer on one day, and its steps; some of them may be suppressed.

    `looked_at` and `handed_over_at` are the machine's time, `recorded_at` is the tenant's; `code` is the server's reply
    code, `reason` a stable word.
    """

    id: UUID
    customer_id: UUID
    job_id: UUID
    judged_on: date
    status: MessageStatus
    channel: str
    level: int
    policy_version: int
    language: str | None
    tone: str | None
    fee_code: str | None
    looked_at: datetime
    recorded_at: datetime
    steps: tuple[Step, ...]
    reason: str | None = None
    code: str | None = None
    handed_over_at: datetime | None = None
    resolved_by: str | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    bounce: Bounce | None = None

    @property
    def leaving(self) -> tuple[Step, ...]:
        """The steps that are to leave, have left or may have."""
        return tuple(step for step in self.steps if step.outcome in COUNTS_AS_SENT)

    def interrupted(self) -> "Message":
        """Left behind by a run that broke off: it never left, or nobody knows. Refuses: illegal_transition."""
        if self.status is MessageStatus.QUEUED:
            return self.ended(MessageStatus.DEFERRED, reason="interrupted", code=None, at=None)
        return self.ended(MessageStatus.UNKNOWN, reason="outcome_unknown", code=None, at=None)

    def ended(self, status: MessageStatus, *, reason: str | None, code: str | None, at: datetime | None) -> "Message":
        """With its outcome, which all steps share that were to leave. Refuses: illegal_transition."""
        MESSAGE.advance(self.status, status)
        steps = tuple(
            replace(step, outcome=status) if step.outcome in COUNTS_AS_SENT else step for step in self.steps)
        return replace(self, status=status, reason=reason, code=code, handed_over_at=at, steps=steps)

    def delivered(self, at: datetime) -> "Message":
        """With the recipient's confirmation, which also tells that an unknown one left. Refuses: illegal_transition."""
        return replace(self._left(), delivered_at=self.delivered_at or at)

    def bounced(self, bounce: Bounce, at: datetime) -> "Message":
        """Given back after it had left; its levels count as sent all the same. Refuses: illegal_transition."""
        return replace(self._left(), bounced_at=at, bounce=bounce)

    def _left(self) -> "Message":
        if self.status is MessageStatus.UNKNOWN:
            return self.ended(MessageStatus.SENT, reason=None, code=None, at=self.handed_over_at)
        if self.status is not MessageStatus.SENT:
            raise IllegalTransition(
                "illegal_transition", f"This message is {self.status.value}; only one that left is delivered.",
                status=self.status.value)
        return self

    def posted(self, *, sent: bool, by: str) -> "Message":
        """A letter that a person posted, or withdrew. Refuses: illegal_transition, unless it waits to be printed."""
        if self.status is not MessageStatus.TO_PRINT:
            raise IllegalTransition(
                "illegal_transition", f"This message is {self.status.value}; only a letter that waits is posted.",
                status=self.status.value)
        status = MessageStatus.SENT if sent else MessageStatus.NOT_SENT
        return replace(self.ended(status, reason=None, code=None, at=None), resolved_by=by)

    def resolved(self, *, sent: bool, by: str) -> "Message":
        """With the outcome that a person found out. Refuses: illegal_transition, unless the outcome is unknown."""
        status = MessageStatus.SENT if sent else MessageStatus.NOT_SENT
        if self.status is not MessageStatus.UNKNOWN:
            raise IllegalTransition(
                "illegal_transition", f"This message is {self.status.value}; only an unknown outcome is resolved.",
                status=self.status.value)
        return replace(self.ended(status, reason=None, code=None, at=self.handed_over_at), resolved_by=by)
