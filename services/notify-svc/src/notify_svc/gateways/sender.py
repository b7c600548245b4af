"""What a sender promises: a mail leaves at most once, and how it ended is told without guessing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from notify_svc.domain.ladder import LevelChannel
from notify_svc.domain.message import MessageStatus


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes with a mail; `name` says what it is."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A message ready to leave; `id` becomes its Message-ID, so that a server's log can be asked for it."""

    id: UUID
    recipient: str
    subject: str
    body: str
    channel: LevelChannel = LevelChannel.EMAIL
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How it ended: sent, failed, unknown, or deferred (nothing was handed over).

    `reason` is a stable word; `code` the server's reply code, never its text, which may name a person.
    """

    status: MessageStatus
    reason: str | None = None
    code: str | None = None


LOOK_TOO_OLD = Delivery(MessageStatus.DEFERRED, "look_too_old")


class Sender(Protocol):
    """SMTP, or a recorder where nothing shall leave the machine."""

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        """Hand the mail over within the seconds that `fresh()` has left, asking it again right before.

        Once it says 0, nothing leaves (`LOOK_TOO_OLD`).
        """
