"""The archive's entry: lifecycle, changes, what is refused."""

from datetime import UTC, datetime

import pytest

from customer_svc.domain.customer import (
    RELATIONSHIP,
    Customer,
    CustomerKind,
    CustomerStatus,
    FieldChange,
    Particulars,
    field_changes,
)
from customer_svc.domain.terms import TermsOfTrade
from dunlin_kernel.errors import Conflict, DomainError, RuleBroken
from dunlin_kernel.ids import CustomerId, new_id

P, A, S, C = CustomerStatus.PROSPECT, CustomerStatus.ACTIVE, CustomerStatus.SUSPENDED, CustomerStatus.CLOSED
ALLOWED = {(P, A), (P, C), (A, S), (A, C), (S, A), (S, C)}


def a_customer(status: CustomerStatus = P, name: str = "北京华为贸易") -> Customer:
    particulars = Particulars(CustomerKind.ORGANIZATION, name, TermsOfTrade(30), external_id="X-1", region="CN-BJ")
    return Customer(CustomerId(new_id()), "C-000001", status, particulars, 1, datetime(2026, 1, 5, tzinfo=UTC))


def test_every_pair_of_states_is_allowed_or_refused() -> None:
    assert {(start, end) for start, end, allowed in RELATIONSHIP.all_pairs() if allowed} == ALLOWED


@pytest.mark.parametrize(("start", "end"), sorted(ALLOWED))
def test_a_transition_counts_a_version(start: CustomerStatus, end: CustomerStatus) -> None:
    after = a_customer(start).becoming(end)
    assert (after.status, after.version) == (end, 2)


@pytest.mark.parametrize(("start", "end"), [(A, A), (P, S), (S, S), (C, A)])
def test_a_transition_that_is_not_allowed_is_refused(start: CustomerStatus, end: CustomerStatus) -> None:
    with pytest.raises(Conflict) as refused:
        a_customer(start).becoming(end)
    assert refused.value.code == "illegal_transition"


def test_a_change_takes_what_is_given_and_leaves_the_rest() -> None:
    before = a_customer()
    after = before.changed({"name": "华为", "region": None})
    assert (after.particulars.name, after.particulars.region, after.particulars.external_id) == ("华为", None, "X-1")
    assert field_changes(before, after) == (
        FieldChange("name", "北京华为贸易", "华为"), FieldChange("region", "CN-BJ", None))
    assert after.version == 2


def test_a_change_that_changes_nothing_counts_no_version() -> None:
    before = a_customer()
    assert before.changed({"name": before.particulars.name}) is before


def test_new_terms_are_a_change_of_two_fields() -> None:
    before = a_customer()
    assert field_changes(before, before.under(TermsOfTrade(15, end_of_month=True))) == (
        FieldChange("due_days", 30, 15), FieldChange("end_of_month", False, True))


def test_a_closed_customer_stays_as_it_was() -> None:
    with pytest.raises(Conflict) as refused:
        a_customer(C).changed({"name": "other"})
    assert refused.value.code == "customer_closed"


@pytest.mark.parametrize("name", ["", " A", "A ", "A\nB", "A\x00B", "\ud800", "A\u2028B", "x" * 201])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        a_customer(name=name)
    assert refused.value.code == "bad_name"


@pytest.mark.parametrize("field", ["external_id", "tax_id", "region", "industry"])
@pytest.mark.parametrize("value", ["", " ", "a\tb", "x" * 65])
def test_codes_that_are_refused(field: str, value: str) -> None:
    with pytest.raises(DomainError) as refused:
        a_customer().changed({field: value})  # type: ignore[misc]
    assert (refused.value.code, refused.value.facts) == ("bad_code", {"field": field})
