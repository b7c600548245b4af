"""Show how a letter reads, with made-up items and the tenant's own name."""

from datetime import timedelta

from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import Letter, LetterLanguage, LetterLine
from notify_svc.gateways import letters
from notify_svc.gateways.letters import Rendered

_DAYS_OVERDUE = {
    LetterTone.UPCOMING: (-3, -1), LetterTone.FRIENDLY: (3, 1), LetterTone.FIRM: (15, 3), LetterTone.FINAL: (30, 15),
}


async def preview_template(
    tx: Transaction, *, language: LetterLanguage, tone: LetterTone, recipient_name: str | None,
) -> Rendered:
    """Subject and body as they would leave today for two items. Refuses: tenant_not_known_yet."""
    tenant = await present(tx)
    lines = tuple(
        LetterLine(f"INV-{n:06d}", tenant.today - timedelta(days=days), Money(123450 * n, tenant.currency), days)
        for n, days in enumerate(_DAYS_OVERDUE[tone], start=1))
    return letters.render(Letter(language, tone, tenant.name, recipient_name, tenant.today, lines))
