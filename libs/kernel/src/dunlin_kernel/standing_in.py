"""Who acts in someone's place: the deputy of whoever is away, or the deputy's deputy."""

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def acting(first: K | None, deputies: Mapping[K, K | None], away: Collection[K]) -> K | None:
    """The first one along the deputies who is not away; None when all are, or nobody is asked for.

    `deputies` knows everybody; who is not in it acts for nobody.
    """
    asked: set[K] = set()
    at = first
    while at is not None and at not in asked and at in deputies:
        if at not in away:
            return at
        asked.add(at)
        at = deputies[at]
    return None
