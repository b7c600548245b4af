"""What a look shows right before a message leaves: what is owed, and whom one may write to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class LookedItem:
    """An open item as billing-svc shows it right now; `pending` is money announced for it and not yet confirmed.

    `arranged_on` is the day agreed later for what is to be paid next of it, where there is an arrangement.
    """

    id: UUID
    due_on: date
    open: Money
    disputed: Money
    pending: Money
    arranged_on: date | None = None

    @property
    def owed(self) -> Money:
        """What may be asked for: open less disputed."""
        return self.open - self.disputed


@dataclass(frozen=True, slots=True)
class AccountLook:
    """All open items of a customer and its unapplied credit by currency, right now."""

    items: tuple[LookedItem, ...]
    unapplied: Mapping[str, Money]

    def covered(self) -> frozenset[UUID]:
        """The items that the customer's unapplied credit would settle in full, spent on the oldest due first."""
        left = dict(self.unapplied)
        covered = set()
        for item in sorted(self.items, key=lambda item: (item.due_on, item.id)):
            rest = left.get(item.open.currency, Money.zero(item.open.currency))
            part = min(rest, item.owed)
            if part.is_positive and part == item.owed:
                covered.add(item.id)
            left[item.open.currency] = rest - part
        return frozenset(covered)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to, and in which language (`zh` or `en`). Personal data: it is not kept outside the message."""

    email: str
    name: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How the customer can be reached right now: no contact, a refused one, and a closed customer all mean silence.

    `zone` is the recipient's time zone. `elsewhere`: there is somebody, but not on this channel; `opted_out`: somebody
    said that no reminders are wanted on it.
    """

    contact: Contact | None
    active: bool
    refused: bool
    zone: str | None = None
    elsewhere: bool = False
    opted_out: bool = False
