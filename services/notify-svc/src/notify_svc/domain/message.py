"""A message's life: written before it leaves, then sent, failed or unknown; only a person ends an unknown outcome."""

from enum import StrEnum

from dunlin_kernel.lifecycle import Lifecycle


class MessageStatus(StrEnum):
    """`deferred`: nothing was handed over, it is tried again; `not_sent`: a person found that it never left."""

    SUPPRESSED = "suppressed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


_OUTCOMES = frozenset({MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DEFERRED})

MESSAGE = Lifecycle("message", {
    MessageStatus.SUPPRESSED: frozenset(),
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
