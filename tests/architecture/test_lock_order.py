"""The one order of locks: it is on the page of architecture, and whatever the stores lock has its place in it."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import ClauseElement

from dunlin_kit.lock_order import order_of
from dunlin_kit.lock_watch import locks_of
from dunlin_kit.statements import compiled

MANY = re.compile(r"\b(?:ANY|unnest) ?\(", re.I)
SERVICES = ("customer", "billing", "credit", "notify")


def said_in(page: str, service: str) -> list[str]:
    """What comes after what, as the page says it."""
    row = re.search(rf"^\s*\| {service}-svc \| (`watermark`, .+) \|$", page, re.M)
    assert row, service
    return re.findall(r"`([^`]+)`", row[1])


def statements_of(service: str) -> Iterator[tuple[str, ClauseElement]]:
    """Every constant statement of a store."""
    store = import_module(f"{service}_svc.store")
    for module in pkgutil.iter_modules(store.__path__, f"{store.__name__}."):
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, ClauseElement) and getattr(value, "is_clause_element", False) and hasattr(
                    value, "execution_options"):
                yield f"{module.name}.{name}", value


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_says_the_order_as_it_is(root: Path, service: str) -> None:
    page = (root / "docs/architecture.md").read_text(encoding="utf-8")
    assert said_in(page, service) == list(order_of(f"/dunlin/{service}"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_lock_of_a_store_has_its_place(service: str) -> None:
    order, locking = order_of(f"/dunlin/{service}"), 0
    for name, statement in statements_of(service):
        said = {lock.name for lock in locks_of(compiled(statement).text) if lock.said}
        assert said <= set(order), f"{name} locks {said - set(order)}"
        locking += bool(said)
    assert locking >= 3


@pytest.mark.parametrize("service", SERVICES)
def test_no_lock_holds_up_whoever_only_refers_to_the_row(service: str) -> None:
    """Foreign keys are looked at when the streams are taken already: then nothing may be waited for any more."""
    for name, statement in statements_of(service):
        assert not re.search(r"FOR (UPDATE|SHARE)", compiled(statement).text), name


@pytest.mark.parametrize("service", SERVICES)
def test_several_rows_are_locked_in_the_order_of_their_keys(service: str) -> None:
    """Two such statements that took them as they come could wait for each other."""
    ordered = 0
    for name, statement in statements_of(service):
        text = compiled(statement).text
        if "FOR NO KEY UPDATE" in text:
            several = MANY.search(text) is not None
            assert not several or re.search(r"ORDER BY [^()]+\sFOR NO KEY UPDATE", text), f"{name}: {text}"
            ordered += several
    assert ordered
