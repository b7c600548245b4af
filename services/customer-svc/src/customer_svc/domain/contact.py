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
    version: int = 1

    def __post_init__(self) -> None:
        if len(self.name) > MAX_TEXT or not is_plain(self.name):
            raise RuleBroken("bad_contact_name", f"A contact's name has 1 to {MAX_TEXT} printable characters.")
        if self.role is not None and (len(self.role) > MAX_TEXT or not is_plain(self.role)):
            raise RuleBroken("bad_role", f"A role has 1 to {MAX_TEXT} printable characters.")
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            raise RuleBroken("bad_email", "This is not an e-mail address.")
        if self.phone is not None and not _PHONE.fullmatch(self.phone):
            raise RuleBroken("bad_phone", "A phone number has digits, blanks, dashes, brackets, and may begin with +.")
        if self.zone is not None:
            checked_zone(self.zone)
        object.__setattr__(self, "purposes", tuple(sorted(set(self.purposes))))
        object.__setattr__(self, "consents", tuple(sorted(set(self.consents))))

    def changed(self, change: ContactChange) -> "Contact":
        """The contact with some fields changed; itself when nothing differs."""
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)

    def may_be_mailed_for(self, purpose: ContactPurpose) -> bool:
        """Whether an e-mail for this purpose may go to this person."""
        allowed = purpose not in NEEDS_CONSENT or Consent(purpose, Channel.EMAIL) in self.consents
        return self.email is not None and allowed


def must_have_room(contacts: Sequence[Contact]) -> None:
    """Refuses: too_many_contacts."""
    if len(contacts) >= MAX_CONTACTS:
        raise RuleBroken("too_many_contacts", f"A customer has at most {MAX_CONTACTS} contacts.")


def addressee(contacts: Sequence[Contact], purpose: ContactPurpose) -> Contact | None:
    """Whom to write to: the purpose's first contact that may be mailed; else billing's, where no consent is needed."""
    wanted = [purpose] if purpose in NEEDS_CONSENT else [purpose, ContactPurpose.BILLING]
    for one in wanted:
        for contact in sorted(contacts, key=lambda c: c.id):
            if one in contact.purposes and contact.may_be_mailed_for(purpose):
                return contact
    return None


def purposes_of(contacts: Sequence[Contact]) -> list[str]:
    """For which purposes someone can be reached, in alphabetical order."""
    return sorted({purpose.value for contact in contacts for purpose in contact.purposes})
