"""What a rule says when it refuses: one tree of errors, each with a stable code and the facts behind it."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A refusal with a stable `code`, a sentence for a person, and facts a client may show.

    `facts` hold ids, amounts as text and dates; never what a client sent in free text.
    """

    def __init__(self, code: str, detail: str, **facts: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.facts: Mapping[str, Any] = facts


class NotFound(DomainError):
    """The thing named does not exist for this tenant."""


class Conflict(DomainError):
    """The present state does not allow it; it may be allowed later or after another act."""


class Forbidden(DomainError):
    """This actor may not do it."""


class RuleBroken(DomainError):
    """The request is well formed, and a rule of the trade refuses it."""


class NotReady(DomainError):
    """Something that is on its way has not arrived here yet; the same request will work soon."""
