"""Show how a letter reads: with made-up items, or with those that a customer owes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import Letter, LetterLanguage, LetterLine
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.gateways import letters
from notify_svc.gateways.letters import Rendered
from notify_svc.store import items, letter_templates

_DAYS_OVERDUE = {
    LetterTone.UPCOMING: (-3, -1), LetterTone.FRIENDLY: (3, 1), LetterTone.FIRM: (15, 3), LetterTone.FINAL: (30, 15),
}


@dataclass(frozen=True, slots=True)
class PreviewTemplate:
    """The letter to be shown: by the texts given here, else by the template in force; None: made-up items."""

    language: LetterLanguage
    tone: LetterTone
    recipient_name: str | None
    customer_id: UUID | None
    subject: str | None
    body: str | None


async def preview_template(tx: Transaction, command: PreviewTemplate) -> Rendered:
    """Subject and body as they would leave today. Refuses: tenant_not_known_yet, bad_template."""
    tenant = await present(tx)
    lines = await _lines(tx, command, tenant)
    found = await letter_templates.own(tx, command.language, command.tone)
    own = found.template if found else None
    if command.subject is not None or command.body is not None:
        base = own or letters.beginning(command.language, command.tone)
        own = LetterTemplate(command.language, command.tone, base.version, command.subject or base.subject,
                             command.body or base.body)
    letter = Letter(command.language, command.tone, tenant.name, command.recipient_name, tenant.today, lines)
    return letters.render(letter, own)


async def _lines(tx: Transaction, command: PreviewTemplate, tenant: Tenant) -> tuple[LetterLine, ...]:
    if command.customer_id is None:
        return sample_lines(tenant, command.tone)
    owed = await items.open_of(tx, command.customer_id)
    return tuple(
        LetterLine(item.number, item.due_on, item.open - item.disputed, days_between(item.due_on, tenant.today))
        for item in owed if item.open > item.disputed)


def sample_lines(tenant: Tenant, tone: LetterTone) -> tuple[LetterLine, ...]:
    """Two made-up items, as old as letters of this tone are."""
    return tuple(
        LetterLine(f"INV-{n:06d}", tenant.today - timedelta(days=days), Money(123450 * n, tenant.currency), days)
        for n, days in enumerate(_DAYS_OVERDUE[tone], start=1))
