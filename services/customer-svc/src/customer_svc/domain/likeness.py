"""Entries that may be one customer: the same name but for case, width and accents, or the same tax id."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from customer_svc.domain.customer import Customer
from customer_svc.domain.name_search import folded
from dunlin_kernel.ids import CustomerId


class Sameness(StrEnum):
    """What two entries have in common."""

    NAME = "name"
    TAX_ID = "tax_id"


@dataclass(frozen=True, slots=True)
class Alike:
    """An entry that may be the same customer as another one."""

    customer: Customer
    same: tuple[Sameness, ...]


def alike(ones: Iterable[Customer], others: Iterable[Customer]) -> Mapping[CustomerId, tuple[Alike, ...]]:
    """Of each one that has any, those of the others that may be the same customer, in their order."""
    shared: dict[tuple[Sameness, str], list[Customer]] = defaultdict(list)
    for other in others:
        for key in _keys(other):
            shared[key].append(other)
    found = {}
    for one in ones:
        same: dict[CustomerId, Alike] = {}
        for key in _keys(one):
            for other in shared.get(key, ()):
                if other.id != one.id:
                    before = same.get(other.id, Alike(other, ()))
                    same[other.id] = Alike(other, (*before.same, key[0]))
        if same:
            found[one.id] = tuple(same.values())
    return found


def _keys(one: Customer) -> Iterator[tuple[Sameness, str]]:
    yield Sameness.NAME, folded(one.particulars.name)
    if one.particulars.tax_id is not None:
        yield Sameness.TAX_ID, one.particulars.tax_id
