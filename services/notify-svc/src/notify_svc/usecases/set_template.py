"""Set a template of the tenant's own, as a new version."""

from dataclasses import replace

from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.letter import Letter
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.gateways import letters
from notify_svc.store import letter_templates
from notify_svc.store.letter_templates import SetTemplate
from notify_svc.usecases.preview_template import sample_lines


async def set_template(tx: Transaction, wanted: LetterTemplate, *, expected_version: int) -> SetTemplate:
    """It must read on a made-up letter. Refuses: etag_mismatch, bad_template."""
    tenant = await present(tx)
    found = await letter_templates.own(tx, wanted.language, wanted.tone)
    version = found.template.version if found else 0
    if version != expected_version:
        raise stale()
    template = replace(wanted, version=version + 1)
    letter = Letter(template.language, template.tone, tenant.name, None, tenant.today,
                    sample_lines(tenant, template.tone))
    letters.render(letter, template)
    return letter_templates.add(tx, template, set_at=tenant.now)
