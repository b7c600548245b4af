"""A group of customers: what it is called, in which currency it is looked at, and whether its credits are set off."""

from dataclasses import dataclass, replace
from typing import TypedDict

from customer_svc.domain.customer import MAX_NAME
from customer_svc.domain.customer_number import checked_number
from customer_svc.domain.text import is_plain
from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import GroupId


class GroupChange(TypedDict, total=False):
    """Fields of a change: one left out stays."""

    name: str
    currency: str
    set_off: bool


@dataclass(frozen=True, slots=True)
class CustomerGroup:
    """`set_off`: an agreement lets one member's credit stand against another's debt.

    Refuses: bad_customer_number, bad_name, unknown_currency.
    """

    id: GroupId
    number: str
    name: str
    currency: str
    set_off: bool
    version: int = 1

    def __post_init__(self) -> None:
        checked_number(self.number)
        if len(self.name) > MAX_NAME or not is_plain(self.name):
            raise RuleBroken("bad_name", f"A name has 1 to {MAX_NAME} printable characters and no blank at its ends.")
        exponent_of(self.currency)

    def changed(self, change: GroupChange) -> "CustomerGroup":
        """The group with some fields changed; itself when nothing differs."""
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)
