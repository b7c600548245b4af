"""What this service knows itself of the customers of a slice, right before they are judged."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import IN_COURT
from notify_svc.domain.contact_policy import ContactPolicy
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel, Standing
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.ladder_choice import Ladders
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.domain.promise import Promise
from notify_svc.store import (
    calls,
    cases,
    contact_policies,
    items,
    ladder_policies,
    letter_templates,
    messages,
    promises,
)


@dataclass(frozen=True, slots=True)
class KnownOfSlice:
    """Policies in force, and by customer what is due and what stands against a reminder.

    `suppressed`: (item, level, reason) recorded today already.
    """

    today: date
    ladders: Ladders
    sparing: ContactPolicy
    templates: Mapping[tuple[LetterLanguage, LetterTone], LetterTemplate]
    due: Mapping[UUID, list[DunnedItem]]
    promised: Mapping[UUID, list[Promise]]
    in_court: frozenset[UUID]
    contacted_on: Mapping[UUID, date]
    suppressed: frozenset[tuple[UUID, int, str]]

    def standing(self, customer_id: UUID, due: Collection[DueLevel], *, quiet: bool) -> Standing:
        """What speaks against reminding this customer of these items now."""
        if not due:
            return Standing()
        running = self.promised.get(customer_id, ())
        promised = frozenset(one.item.id for one in due if any(promise.covers(one.item) for promise in running))
        legal = frozenset(one.item.id for one in due) if customer_id in self.in_court else frozenset()
        return Standing(promised, legal, quiet=quiet,
                        contacted=self.sparing.too_soon(self.contacted_on.get(customer_id), self.today))


async def known_of_slice(tx: Transaction, customer_ids: Collection[UUID], moment: Tenant) -> KnownOfSlice:
    """Read after the locks of these customers."""
    sparing = (await contact_policies.in_force(tx)).policy
    own = [one.template for one in await letter_templates.newest(tx)]
    promised: dict[UUID, list[Promise]] = {}
    for promise in await promises.running_of(tx, customer_ids):
        promised.setdefault(promise.customer_id, []).append(promise)
    found = await cases.open_of(tx, customer_ids)
    return KnownOfSlice(
        today=moment.today, ladders=await ladder_policies.all_of(tx), sparing=sparing,
        templates={(one.language, one.tone): one for one in own},
        due=await items.due_of(tx, customer_ids, moment.today), promised=promised,
        in_court=frozenset(one for one, case in found.items() if case.stage in IN_COURT),
        contacted_on=await _contacts(tx, customer_ids) if sparing.min_days_between else {},
        suppressed=frozenset(await messages.suppressed_on(tx, customer_ids, moment.today)))


async def _contacts(tx: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, date]:
    """The last day on which each was written or talked to."""
    written, talked = await messages.last_contact_on(tx, customer_ids), await calls.talked_on(tx, customer_ids)
    return {one: max(day for day in (written.get(one), talked.get(one)) if day is not None)
            for one in written.keys() | talked.keys()}
