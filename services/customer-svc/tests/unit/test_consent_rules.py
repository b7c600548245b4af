"""Consent: what a person decides about purposes and channels, and what may be sent then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.contact import (
    NEEDS_CONSENT,
    Channel,
    Consent,
    ConsentDecision,
    Contact,
    ContactPurpose,
    Language,
    addressee,
    decisions_between,
)
from dunlin_kernel.ids import ContactId, CustomerId, new_id

GREETING, DUNNING = ContactPurpose.GREETING, ContactPurpose.DUNNING
EMAIL, SMS = Channel.EMAIL, Channel.SMS
DECISIONS = st.lists(st.builds(
    ConsentDecision, st.none() | st.sampled_from(ContactPurpose), st.sampled_from(Channel), st.booleans()), max_size=8)


def a_person(**more: object) -> Contact:
    held = {"email": "li@heron.example", "phone": "+86 10 5555 0100", "purposes": (DUNNING, GREETING), **more}
    return Contact(ContactId(new_id()), CustomerId(new_id()), "Li", Language.CHINESE, **held)  # type: ignore[arg-type]


def test_a_shut_channel_is_shut_for_reminders_too() -> None:
    shut = a_person().decided(ConsentDecision(None, EMAIL, given=False))
    assert (shut.opted_out, shut.version) == ((EMAIL,), 2)
    assert not shut.may_be_reached_for(DUNNING, EMAIL)
    assert shut.may_be_reached_for(DUNNING, SMS)
    assert addressee([shut], DUNNING) is None
    assert addressee([shut], DUNNING, SMS) == shut
    opened = shut.decided(ConsentDecision(None, EMAIL, given=True))
    assert opened.may_be_reached_for(DUNNING, EMAIL)


@pytest.mark.parametrize("purpose", sorted(NEEDS_CONSENT))
def test_what_needs_consent_goes_only_while_it_is_given(purpose: ContactPurpose) -> None:
    person = a_person()
    assert not person.may_be_reached_for(purpose, SMS)
    agreed = person.decided(ConsentDecision(purpose, SMS, given=True))
    assert agreed.may_be_reached_for(purpose, SMS)
    assert not agreed.may_be_reached_for(purpose, EMAIL)
    assert not agreed.decided(ConsentDecision(purpose, SMS, given=False)).may_be_reached_for(purpose, SMS)
    assert not agreed.decided(ConsentDecision(None, SMS, given=False)).may_be_reached_for(purpose, SMS)


@pytest.mark.parametrize(("person", "channel", "reached"), [
    (a_person(phone=None), SMS, False), (a_person(phone=None), Channel.PHONE, False),
    (a_person(email=None), EMAIL, False), (a_person(email=None, phone=None), Channel.LETTER, True)])
def test_a_channel_needs_its_address(person: Contact, channel: Channel, reached: bool) -> None:
    assert person.may_be_reached_for(DUNNING, channel) is reached


def test_a_decision_that_changes_nothing_counts_no_version() -> None:
    person = a_person(consents=(Consent(GREETING, EMAIL),), opted_out=(SMS,))
    for said in (ConsentDecision(GREETING, EMAIL, given=True), ConsentDecision(GREETING, SMS, given=False),
                 ConsentDecision(None, SMS, given=False), ConsentDecision(None, EMAIL, given=True)):
        assert person.decided(said) is person


@given(DECISIONS)
def test_what_is_told_leads_from_one_state_to_the_next(decisions: list[ConsentDecision]) -> None:
    before = after = a_person()
    for decision in decisions:
        after = after.decided(decision)
    replayed = before
    for told in decisions_between(before, after):
        replayed = replayed.decided(told)
    assert (replayed.consents, replayed.opted_out) == (after.consents, after.opted_out)
    assert decisions_between(None, before) == ()
