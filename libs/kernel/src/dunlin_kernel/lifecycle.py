"""Lifecycles: which state may follow which. A transition happens or refuses; it is never a silent no-op."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from dunlin_kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)


class IllegalTransition(Conflict):
    """The thing is in a state from which the asked one cannot be reached."""


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """The allowed transitions of one thing; `name` is how the refusal calls it."""

    name: str
    transitions: Mapping[S, Set[S]]

    def __post_init__(self) -> None:
        states = set(next(iter(self.transitions)).__class__)
        assert set(self.transitions) == states, f"{self.name}: every state has a line, also one with nothing after it"

    def allows(self, start: S, end: S) -> bool:
        return end in self.transitions[start]

    def advance(self, start: S, end: S) -> S:
        """The new state. Refuses: illegal_transition."""
        if not self.allows(start, end):
            raise IllegalTransition(
                "illegal_transition", f"This {self.name} is {start.value}; it cannot become {end.value}.",
                status=start.value,
            )
        return end

    def all_pairs(self) -> Iterator[tuple[S, S, bool]]:
        """Every pair of states and whether it is allowed: for tests that walk the whole table."""
        for start in self.transitions:
            for end in self.transitions:
                yield start, end, self.allows(start, end)
