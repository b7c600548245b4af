"""What a reminder says: its lines, its totals, its language and its tone. How it reads is a template's affair."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money, sum_money
from notify_svc.domain.judging import Verdict
from notify_svc.domain.ladder import LadderPolicy, LetterTone
from notify_svc.domain.look import Contact


class LetterLanguage(StrEnum):
    """The languages that letters are written in."""

    ZH = "zh"
    EN = "en"

    @classmethod
    def of(cls, tag: str) -> "LetterLanguage":
        """The language of a tag such as `zh-CN`; English for one without letters of its own."""
        return cls.ZH if tag.lower().startswith("zh") else cls.EN


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One item: `days_overdue` is negative before it is due."""

    number: str
    due_on: date
    amount: Money
    days_overdue: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A reminder to one contact of one customer, from `sender_name`; totals are one per currency."""

    language: LetterLanguage
    tone: LetterTone
    sender_name: str
    recipient_name: str | None
    on: date
    lines: tuple[LetterLine, ...]

    @classmethod
    def of(cls, verdict: Verdict, contact: Contact, policy: LadderPolicy, *, sender_name: str, on: date) -> Self:
        """The letter that a verdict sends: its tone is that of the highest level."""
        lines = tuple(
            LetterLine(r.item.number, r.due_on, r.amount, days_between(r.due_on, on)) for r in verdict.remind)
        tone = policy.levels[verdict.level].tone
        return cls(LetterLanguage.of(contact.language), tone, sender_name, contact.name, on, lines)

    @property
    def totals(self) -> tuple[Money, ...]:
        return totals_of(line.amount for line in self.lines)


def totals_of(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """One sum per currency, in the order of their codes; currencies are never added up."""
    by_currency: dict[str, list[Money]] = {}
    for amount in amounts:
        by_currency.setdefault(amount.currency, []).append(amount)
    return tuple(sum_money(currency, by_currency[currency]) for currency in sorted(by_currency))
