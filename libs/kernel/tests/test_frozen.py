"""Values that differ in some fields: the same as the standard library makes them, for every kind of class."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Base:
    number: int
    name: str = "none"


@dataclass(frozen=True, slots=True)
class More(Base):
    paid: Money = field(default_factory=lambda: Money(0, "CNY"))


@dataclass(frozen=True, slots=True)
class Checked:
    low: int
    high: int

    def __post_init__(self) -> None:
        assert self.low <= self.high, "in order"


@dataclass(frozen=True)
class Loose:
    number: int
    name: str = "none"


@dataclass(frozen=True, slots=True)
class One:
    number: int


@pytest.mark.parametrize(("thing", "changes"), [
    (Base(1), {"name": "a"}), (Base(1), {}), (More(1, "a"), {"number": 2, "paid": Money(3, "CNY")}),
    (Checked(1, 2), {"high": 9}), (Loose(1), {"number": 2}), (One(1), {"number": 2})])
def test_it_is_what_the_standard_library_makes(thing: Any, changes: dict[str, Any]) -> None:
    made = replace(thing, **changes)
    assert made == dataclasses.replace(thing, **changes)
    assert type(made) is type(thing) and hash(made) == hash(dataclasses.replace(thing, **changes))


def test_the_old_value_stays_and_the_new_one_is_frozen() -> None:
    old = Base(1, "a")
    new = replace(old, number=2)
    assert (old, new) == (Base(1, "a"), Base(2, "a"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        new.number = 3  # type: ignore[misc]


def test_a_class_that_checks_itself_is_checked_again() -> None:
    with pytest.raises(AssertionError):
        replace(Checked(1, 2), high=0)


@pytest.mark.parametrize("thing", [Base(1), Checked(1, 2)])
def test_there_is_no_other_field(thing: Any) -> None:
    with pytest.raises(TypeError):
        replace(thing, other=1)
