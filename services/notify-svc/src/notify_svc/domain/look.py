"""What a look shows right before a message leaves: what is owed, and whom one may write to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class DuePart:
    """So much of an item is to be paid by this day, by an arrangement."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class LookedItem:
    """An open item as billing-svc shows it right now; `pending` is money announced for it and not yet confirmed.

    `parts` are what was arranged for it later, the next first; none where its own due date stands.
    """

    id: UUID
    due_on: date
    open: Money
    disputed: Money
    pending: Money
    parts: tuple[DuePart, ...] = ()

    @property
    def owed(self) -> Money:
        """What may be asked for at most: open less disputed."""
        return self.open - self.disputed

    @property
    def stands_due_on(self) -> date:
        """The due date that counts: of the part that is to be paid next, else its own."""
        return self.parts[0].due_on if self.parts else self.due_on

    def asked(self, on: date) -> Money:
        """What a reminder of this day asks for: the part that is next and those that are due, else all that is owed."""
        until = max(on, self.stands_due_on)
        due = [part.amount for part in self.parts if part.due_on <= until]
        return min(self.owed, sum_money(self.open.currency, due)) if due else self.owed


@dataclass(frozen=True, slots=True)
class AccountLook:
    """All open items of a customer and its unapplied credit by currency, right now."""

    items: tuple[LookedItem, ...]
    unapplied: Mapping[str, Money]

    def covered(self, on: date) -> frozenset[UUID]:
        """The items of which the customer's unapplied credit would pay all that is asked, spent on the oldest due."""
        left = dict(self.unapplied)
        covered = set()
        for item in sorted(self.items, key=lambda item: (item.stands_due_on, item.id)):
            rest = left.get(item.open.currency, Money.zero(item.open.currency))
            asked = item.asked(on)
            part = min(rest, asked)
            if part.is_positive and part == asked:
                covered.add(item.id)
            left[item.open.currency] = rest - part
        return frozenset(covered)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to, and in which language (`zh` or `en`). Personal data: it is not kept outside the message.

    `at` is an e-mail address, a telephone number, or the lines of a postal address.
    """

    at: str
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
