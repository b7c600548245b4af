"""A contact of a customer: how a person is reached, in which language, for which purposes, and with whose consent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict

from customer_svc.domain.tenant import checked_zone
from customer_svc.domain.text import is_plain
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import ContactId, CustomerId

MAX_CONTACTS = 100
MAX_TEXT = 200
_EMAIL = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z](?:[0-9A-Za-z.-]{0,186}[0-9A-Za-z])?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9](?:[0-9 ()./-]{0,30}[0-9])", re.ASCII)


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


class ContactPurpose(StrEnum):
    BILLING = "billing"
    DUNNING = "dunning"
    RECONCILIATION = "reconciliation"
    GREETING = "greeting"
    PROMOTION = "promotion"
    SURVEY = "survey"


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    LETTER = "letter"


NEEDS_CONSENT = frozenset({ContactPurpose.GREETING, ContactPurpose.PROMOTION, ContactPurpose.SURVEY})
"""What the contract itself calls for (bills, reminders, reconciliation) needs no consent; courtesy and sales do."""


@dataclass(frozen=True, slots=True, order=True)
class Consent:
    """The person agreed to be reached for this purpose on this channel."""

    purpose: ContactPurpose
    channel: Channel


class ContactChange(TypedDict, total=False):
    """Fields of a change: one left out stays, None clears."""

    name: str
    email: str | None
    phone: str | None
    language: Language
    role: str | None
    purposes: tuple[ContactPurpose, ...]
    consents: tuple[Consent, ...]
    zone: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Refuses: bad_contact_name, bad_role, bad_email, bad_phone, unknown_zone."""

    id: ContactId
    customer_id: CustomerId
    name: str
    language: Language
    email: str | None = None
    phone: str | None = None
    role: str | None = None
    purposes: tuple[ContactPurpose, ...] = ()
    consents: tuple[Consent, ...] = ()
    zone: str | None = None
    opted_out: tuple[Channel, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        checked_person(self.name)
        if self.role is not None and (len(self.role) > MAX_TEXT or not is_plain(self.role)):
            raise RuleBroken("bad_role", f"A role has 1 to {MAX_TEXT} printable characters.")
        checked_email(self.email)
        checked_phone(self.phone)
        if self.zone is not None:
            checked_zone(self.zone)
        object.__setattr__(self, "purposes", tuple(sorted(set(self.purposes))))
        object.__setattr__(self, "consents", tuple(sorted(set(self.consents))))
        object.__setattr__(self, "opted_out", tuple(sorted(set(self.opted_out))))

    def changed(self, change: ContactChange) -> "Contact":
        """The contact with some fields changed; itself when nothing differs."""
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)

    def may_be_reached_for(self, purpose: ContactPurpose, channel: Channel) -> bool:
        """Whether a message for this purpose may go to this person on this channel."""
        agreed = purpose not in NEEDS_CONSENT or Consent(purpose, channel) in self.consents
        return agreed and channel not in self.opted_out and self._has(channel)

    def decided(self, decision: "ConsentDecision") -> "Contact":
        """The contact after this decision; itself when it changes nothing."""
        if decision.purpose is not None:
            one = Consent(decision.purpose, decision.channel)
            left = tuple(held for held in self.consents if held != one)
            return self.changed({"consents": (*left, one) if decision.given else left})
        open_still = tuple(channel for channel in self.opted_out if channel is not decision.channel)
        after = replace(self, opted_out=open_still if decision.given else (*open_still, decision.channel))
        return self if after == self else replace(after, version=self.version + 1)

    def _has(self, channel: Channel) -> bool:
        if channel is Channel.EMAIL:
            return self.email is not None
        return channel is Channel.LETTER or self.phone is not None


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """What a person decided: to be reached or not, for a purpose or (None) for every one, on a channel."""

    purpose: ContactPurpose | None
    channel: Channel
    given: bool


def decisions_between(before: Contact | None, after: Contact | None) -> tuple[ConsentDecision, ...]:
    """What the person decided between these two states of a contact; None where there is none."""
    old, new = (_agreed(contact) for contact in (before, after))
    gone = [ConsentDecision(purpose, channel, given=purpose is None) for purpose, channel in old - new]
    come = [ConsentDecision(purpose, channel, given=purpose is not None) for purpose, channel in new - old]
    return tuple(sorted([*gone, *come], key=lambda d: (d.purpose or "", d.channel)))


def _agreed(contact: Contact | None) -> set[tuple[ContactPurpose | None, Channel]]:
    if contact is None:
        return set()
    return {(one.purpose, one.channel) for one in contact.consents} | {(None, one) for one in contact.opted_out}


def checked_person(name: str) -> str:
    """Refuses: bad_contact_name."""
    if len(name) > MAX_TEXT or not is_plain(name):
        raise RuleBroken("bad_contact_name", f"A person's name has 1 to {MAX_TEXT} printable characters.")
    return name


def checked_email(email: str | None) -> str | None:
    """Refuses: bad_email."""
    if email is not None and not _EMAIL.fullmatch(email):
        raise RuleBroken("bad_email", "This is not an e-mail address.")
    return email


def checked_phone(phone: str | None) -> str | None:
    """Refuses: bad_phone."""
    if phone is not None and not _PHONE.fullmatch(phone):
        raise RuleBroken("bad_phone", "A phone number has digits, blanks, dashes, brackets, and may begin with +.")
    return phone


def must_have_room(contacts: Sequence[Contact]) -> None:
    """Refuses: too_many_contacts."""
    if len(contacts) >= MAX_CONTACTS:
        raise RuleBroken("too_many_contacts", f"A customer has at most {MAX_CONTACTS} contacts.")


def addressee(
    contacts: Sequence[Contact], purpose: ContactPurpose, channel: Channel = Channel.EMAIL
) -> Contact | None:
    """Whom to reach: the purpose's first contact that may be; else billing's, where no consent is needed."""
    wanted = [purpose] if purpose in NEEDS_CONSENT else [purpose, ContactPurpose.BILLING]
    for one in wanted:
        for contact in sorted(contacts, key=lambda c: c.id):
            if one in contact.purposes and contact.may_be_reached_for(purpose, channel):
                return contact
    return None


def purposes_of(contacts: Sequence[Contact]) -> list[str]:
    """For which purposes someone can be reached, in alphabetical order."""
    return sorted({purpose.value for contact in contacts for purpose in contact.purposes})
