"""Contacts: what is refused, who is addressed for a purpose, and where consent is needed."""

import pytest

from customer_svc.domain.contact import (
    Channel,
    Consent,
    Contact,
    ContactChange,
    ContactPurpose,
    Language,
    addressee,
    must_have_room,
    purposes_of,
)
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import ContactId, CustomerId, new_id

CUSTOMER = CustomerId(new_id())
BILLING, DUNNING, GREETING = ContactPurpose.BILLING, ContactPurpose.DUNNING, ContactPurpose.GREETING
MAIL_GREETING = Consent(GREETING, Channel.EMAIL)


def a_contact(
    *purposes: ContactPurpose, email: str | None = "li@heron.example", consents: tuple[Consent, ...] = ()
) -> Contact:
    return Contact(
        ContactId(new_id()), CUSTOMER, "李雷", Language.CHINESE, email=email, purposes=purposes, consents=consents)


def test_the_contact_of_the_purpose_is_addressed_first() -> None:
    billing, dunning, later = a_contact(BILLING), a_contact(DUNNING), a_contact(DUNNING)
    assert addressee([later, billing, dunning], DUNNING) is dunning


def test_billing_stands_in_where_no_consent_is_needed() -> None:
    billing = a_contact(BILLING, GREETING)
    assert addressee([billing, a_contact(DUNNING, email=None)], DUNNING) is billing
    assert addressee([billing], GREETING) is None


def test_greetings_go_only_to_those_who_agreed() -> None:
    agreed = a_contact(GREETING, consents=(MAIL_GREETING,))
    by_phone = a_contact(GREETING, consents=(Consent(GREETING, Channel.PHONE),))
    assert addressee([by_phone, agreed], GREETING) is agreed
    assert addressee([agreed.changed({"consents": ()})], GREETING) is None


def test_nobody_is_addressed_where_nobody_can_be() -> None:
    assert addressee([], DUNNING) is None
    assert addressee([a_contact(ContactPurpose.SURVEY)], DUNNING) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "bad_contact_name"), ({"name": "a\nb"}, "bad_contact_name"), ({"role": ""}, "bad_role"),
        ({"email": "nobody"}, "bad_email"), ({"email": "a@b\r\nBcc: c@d"}, "bad_email"),
        ({"email": "a b@c"}, "bad_email"),
        ({"email": "a@b."}, "bad_email"), ({"phone": "call me"}, "bad_phone"), ({"phone": "+"}, "bad_phone"),
        ({"zone": "Mars/Olympus"}, "unknown_zone"), ({"zone": "../etc/passwd"}, "unknown_zone"),
    ],
)
def test_what_is_refused(change: ContactChange, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        a_contact().changed(change)
    assert refused.value.code == code


@pytest.mark.parametrize("change", [{"name": "x" * 200}, {"role": "x" * 200}])
def test_as_long_a_name_or_role_is_taken(change: ContactChange) -> None:
    assert a_contact(BILLING).changed(change).version == 2


def test_a_change_counts_a_version_only_when_something_differs() -> None:
    before = a_contact(DUNNING, BILLING)
    assert before.changed({"purposes": (DUNNING, BILLING, DUNNING)}) is before
    after = before.changed({"email": None, "phone": "+86 10 8888-0000", "zone": "Asia/Shanghai"})
    assert (after.version, after.email, after.purposes) == (2, None, (BILLING, DUNNING))


def test_purposes_are_told_without_persons() -> None:
    assert purposes_of([a_contact(DUNNING), a_contact(BILLING, DUNNING)]) == ["billing", "dunning"]


def test_there_is_an_end_of_contacts() -> None:
    must_have_room([a_contact()] * 99)
    with pytest.raises(RuleBroken) as refused:
        must_have_room([a_contact()] * 100)
    assert refused.value.code == "too_many_contacts"
