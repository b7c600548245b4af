"""Who acts for a customer on a day, and what staff, absences, groups and addresses may hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.address import (
    MAX_ADDRESSES,
    Address,
    AddressPurpose,
    address_for,
    must_have_room_for_address,
)
from customer_svc.domain.contact import Language
from customer_svc.domain.group import CustomerGroup
from customer_svc.domain.staff import Absence, Staff, acting_for, answered_for
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import AddressId, CustomerId, GroupId, StaffId, new_id

DAY = date(2026, 3, 2)
A, B, C = (StaffId(new_id()) for _ in range(3))
B_, L, D = AddressPurpose.BILLING, AddressPurpose.LEGAL_SERVICE, AddressPurpose.DELIVERY


def member(staff_id: StaffId, deputy: StaffId | None, *, active: bool = True) -> Staff:
    return Staff(staff_id, "S-1", "Li", Language.CHINESE, deputy_id=deputy, active=active)


def away(*ids: StaffId) -> list[Absence]:
    return [Absence(new_id(), one, DAY, DAY) for one in ids]


def test_whoever_stands_in_answers_for_the_absent_too() -> None:
    staff = {one: replace(member(one, deputy), code=code) for one, deputy, code in (
        (A, B, "S-A"), (B, C, "S-B"), (C, None, "S-C"))}
    assert [answered_for("S-B", staff, gone, DAY) for gone in ([], away(A), away(B), away(A, B))] == [
        (B,), (A, B), (B,), (B,)]
    assert answered_for("S-C", staff, away(A, B), DAY) == (A, B, C)
    assert answered_for("S-X", staff, [], DAY) == ()


@pytest.mark.parametrize(("absent", "acts"), [
    ((), A), ((A,), B), ((A, B), C), ((B,), A), ((A, B, C), None)])
def test_the_deputy_acts_while_the_owner_is_away(absent: tuple[StaffId, ...], acts: StaffId | None) -> None:
    staff = {A: member(A, B), B: member(B, C), C: member(C, A)}
    acting = acting_for(A, staff, away(*absent), DAY)
    assert (acting.id if acting else None) == acts


def test_who_is_gone_acts_for_nobody() -> None:
    staff = {A: member(A, B, active=False), B: member(B, None)}
    assert acting_for(A, staff, [], DAY) == staff[B]
    assert acting_for(None, staff, [], DAY) is None


@pytest.mark.parametrize(("on", "covered"), [
    (date(2026, 3, 1), False), (DAY, True), (date(2026, 3, 4), True), (date(2026, 3, 5), False)])
def test_an_absence_covers_its_first_and_last_day(on: date, covered: bool) -> None:
    assert Absence(new_id(), A, DAY, date(2026, 3, 4)).covers(on) is covered


IDS = st.lists(st.sampled_from([A, B, C]), unique=True)


@given(IDS, st.tuples(*[st.sampled_from([A, B, C, None])] * 3))
def test_whoever_acts_is_there(absent: list[StaffId], deputies: tuple[StaffId | None, ...]) -> None:
    staff = {one: member(one, deputy if deputy != one else None)
             for one, deputy in zip((A, B, C), deputies, strict=True)}
    acting = acting_for(A, staff, away(*absent), DAY)
    assert acting is None or acting.id not in absent
    assert acting == staff[A] or A in absent


@pytest.mark.parametrize(("make", "code"), [
    (lambda: member(A, A), "own_deputy"), (lambda: Absence(new_id(), A, DAY, date(2026, 3, 1)), "bad_absence"),
    (lambda: Staff(A, "S 1", "Li", Language.CHINESE), "bad_customer_number"),
    (lambda: Staff(A, "S-1", "", Language.CHINESE), "bad_contact_name"),
    (lambda: Staff(A, "S-1", "Li", Language.CHINESE, email="li"), "bad_email"),
    (lambda: Staff(A, "S-1", "Li", Language.CHINESE, phone="li"), "bad_phone"),
    (lambda: CustomerGroup(GroupId(A), "G 1", "Heron", "CNY", False), "bad_customer_number"),
    (lambda: CustomerGroup(GroupId(A), "G-1", " ", "CNY", False), "bad_name"),
    (lambda: CustomerGroup(GroupId(A), "G-1", "Heron", "XXX", False), "unknown_currency"),
    (lambda: place(street="a\nb"), "bad_address"), (lambda: place(country="cn"), "bad_address"),
    (lambda: place(country="CHN"), "bad_address"), (lambda: place(postal_code="x" * 17), "bad_address"),
])
def test_what_is_refused(make: Callable[[], Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        make()
    assert refused.value.code == code


def place(*purposes: AddressPurpose, **more: Any) -> Address:
    given: dict[str, Any] = {"street": "1 Heron Road", "city": "Beijing", "country": "CN", **more}
    return Address(AddressId(new_id()), CustomerId(new_id()), purposes, **given)


def test_letters_go_to_the_address_of_their_purpose_and_else_to_that_of_bills() -> None:
    billing, legal, goods = place(B_), place(L, B_), place(D)
    assert address_for([goods, billing, legal], L) == legal
    assert address_for([goods, billing], L) == billing
    assert address_for([goods], L) is None
    assert address_for([legal, billing], B_) == billing


def test_a_change_that_changes_nothing_counts_no_version() -> None:
    group, staff, address = CustomerGroup(GroupId(A), "G-1", "Heron", "CNY", set_off=False), member(A, B), place(B_)
    assert group.changed({"name": "Heron"}) is group
    assert group.changed({"set_off": True}).version == 2
    assert staff.changed({"active": True}) is staff
    assert staff.changed({"active": False}).version == 2
    assert address.changed({"purposes": (B_,)}) is address
    assert address.changed({"purposes": (D,)}).version == 2


def test_an_address_that_changes_counts_a_version_and_a_customer_has_room_for_so_many() -> None:
    one = Address(AddressId(new_id()), CustomerId(new_id()), (B_,), "1 Quay", "Bergen", "NO")
    assert one.changed({"city": "Oslo"}) == replace(one, city="Oslo", version=2)
    assert one.changed({"city": "Bergen"}) is one
    must_have_room_for_address([one] * (MAX_ADDRESSES - 1))
    with pytest.raises(RuleBroken, match="too_many_addresses"):
        must_have_room_for_address([one] * MAX_ADDRESSES)
