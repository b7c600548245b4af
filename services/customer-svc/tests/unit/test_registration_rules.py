"""Registering many: numbers are never given twice, and a row is new, unchanged or refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.customer import Customer, CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.customer_number import checked_number, floor_after, number_of, numbered
from customer_svc.domain.registration import Known, Refused, Registration, Row, must_be_free, sort_rows
from customer_svc.domain.terms import TermsOfTrade
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.ids import CustomerId, new_id

NOBODY = Known({}, frozenset(), {})


def asked(external_id: str | None = "X-1", number: str | None = None, name: str = "Heron") -> Registration:
    particulars = Particulars(CustomerKind.ORGANIZATION, name, TermsOfTrade(30), external_id=external_id)
    return Registration(CustomerId(new_id()), number, CustomerStatus.ACTIVE, particulars)


def known_as(registration: Registration) -> Known:
    customer = Customer(
        registration.id, registration.number or "C-000001", registration.status, registration.particulars, 1,
        SystemClock().now())
    return Known(
        {customer.id: customer}, frozenset({customer.number}), {registration.particulars.external_id or "": customer})


@pytest.mark.parametrize("number", ["C-000001", "1401", "CA02/7", "a", "A.b_c-9", "x" * 32])
def test_numbers_that_are_taken(number: str) -> None:
    assert checked_number(number) == number


@pytest.mark.parametrize("number", ["", "-1", "1-", " 1", "1 2", "é", "x" * 33, "1\n"])
def test_numbers_that_are_refused(number: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked_number(number)
    assert refused.value.code == "bad_customer_number"


@given(st.lists(st.one_of(st.none(), st.integers(1, 30).map(number_of), st.just("OLD-1"), st.just("C-7")), max_size=20))
def test_the_series_never_gives_a_number_that_was_given(given_numbers: list[str | None]) -> None:
    numbers = numbered(given_numbers, floor_after(given_numbers))
    from_series = [n for n, was in zip(numbers, given_numbers, strict=True) if was is None]
    assert len(set(from_series)) == len(from_series)
    assert not set(from_series) & {n for n in given_numbers if n}
    assert [n for n in numbers if n not in from_series] == [n for n in given_numbers if n]


@pytest.mark.parametrize(
    ("given_number", "floor"),
    [("C-000007", 8), ("C-1000000", 1000001), ("C-7", 1), ("C-0000007", 1), ("X-000007", 1), ("C-9999999999", 1)])
def test_the_series_jumps_over_numbers_of_its_own_form(given_number: str, floor: int) -> None:
    assert floor_after([None, given_number]) == floor


@pytest.mark.parametrize(
    ("registration", "code"),
    [(asked("X-2", "N-1"), "number_taken"), (asked("X-1", "N-2"), "external_id_taken")])
def test_what_is_taken_is_refused(registration: Registration, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        must_be_free([registration], known_as(asked("X-1", "N-1")))
    assert refused.value.code == code


def test_an_id_is_used_once() -> None:
    first = asked()
    with pytest.raises(Conflict) as refused:
        must_be_free([Registration(first.id, None, first.status, asked("X-2").particulars)], known_as(first))
    assert refused.value.code == "id_taken"
    must_be_free([first, asked("X-2")], NOBODY)


def test_a_customer_begins_as_prospect_or_active() -> None:
    with pytest.raises(RuleBroken) as refused:
        Registration(CustomerId(new_id()), None, CustomerStatus.SUSPENDED, asked().particulars)
    assert refused.value.code == "bad_first_status"


def test_rows_are_new_unchanged_or_refused() -> None:
    old = asked("X-1", "N-1")
    rows = [
        Row(2, asked("X-1")), Row(3, asked("X-1", name="Ibis")), Row(4, asked("X-2")), Row(5, asked("X-2")),
        Row(6, asked("X-2", name="Ibis")), Row(7, asked("X-3", "N-1")), Row(8, asked(None)),
        Row(9, RuleBroken("bad_name", "A name.")), Row(10, asked("X-4", "N-4")), Row(11, asked("X-5", "N-4")),
    ]
    judged = sort_rows(rows, known_as(old))
    assert [r.particulars.external_id for r in judged.new] == ["X-2", "X-4"]
    assert judged.unchanged == ("X-1", "X-2")
    assert [(r.line, r.code) for r in judged.refused] == [
        (3, "row_differs"), (6, "row_differs"), (7, "number_taken"), (8, "external_id_missing"), (9, "bad_name"),
        (11, "number_taken")]


def test_a_row_that_was_taken_is_known_by_its_id_whatever_became_of_the_customer_since() -> None:
    row, other = asked("X-1", "N-1"), asked("X-1", name="Ibis")
    renamed = Registration(row.id, row.number, row.status, other.particulars)
    judged = sort_rows([Row(2, row), Row(3, other), Row(4, asked("X-4", "N-1"))], known_as(renamed))
    assert (judged.new, judged.taken, judged.unchanged) == ((), (row,), ("X-1",))
    assert [(one.line, one.code) for one in judged.refused] == [(4, "number_taken")]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["Heron", "Ibis"])), max_size=12))
def test_a_second_run_changes_nothing(content: list[tuple[str, str]]) -> None:
    rows = [Row(line, asked(key, name=name)) for line, (key, name) in enumerate(content, 2)]
    first = sort_rows(rows, NOBODY)
    by_external_id = {key: known_as(r).by_external_id[key] for r in first.new if (key := r.particulars.external_id)}
    second = sort_rows(rows, Known({}, frozenset(), by_external_id))
    assert second.new == ()
    assert len(second.unchanged) == len(first.new) + len(first.unchanged)
    assert second.refused == first.refused
    assert all(isinstance(r, Refused) for r in second.refused)
