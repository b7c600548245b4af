"""Make due dates stand for the items of an arrangement: those of its parts, or the old ones again."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from billing_svc.domain.arrangement import Arrangement, lay_over
from billing_svc.domain.instalments import Instalment
from billing_svc.store import arrangements, audit
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_arrangements import ArrangedPart, DatedItem


def stand_by_parts(posting: Posting, one: Arrangement) -> list[DatedItem]:
    """From today on its open items are due by its parts; they must be in the posting."""
    owed = [item for item_id in one.item_ids if (item := posting.items[item_id]).open.is_positive]
    return _stand(posting, one, lay_over(one.parts, owed), one.id)


def stand_as_before(posting: Posting, one: Arrangement) -> list[DatedItem]:
    """From today on its items are due as they were before any arrangement."""
    items = [posting.items[item_id] for item_id in one.item_ids]
    return _stand(posting, one, {item.id: (Instalment(item.due_on, item.amount),) for item in items}, None)


def parts_told(parts: Sequence[Instalment]) -> list[ArrangedPart]:
    return [ArrangedPart(due_on=part.due_on, amount=Amount.of(part.amount)) for part in parts]


def note(posting: Posting, action: str, one: Arrangement) -> None:
    """Who did what to an arrangement, for the audit."""
    audit.add(posting.tx, action, one.id, customer_id=one.customer_id, recorded_at=posting.tenant.now,
              after={"version": one.version, "state": one.state.value, "amount": str(one.amount)})


def _stand(
    posting: Posting, one: Arrangement, shares: Mapping[UUID, Sequence[Instalment]], arrangement_id: UUID | None,
) -> list[DatedItem]:
    dated = []
    today: date = posting.tenant.today
    for item_id, of_item in shares.items():
        item = posting.items[item_id] = posting.items[item_id].due_by(of_item[0].due_on, arrangement_id)
        arrangements.stand(
            posting.tx, item, of_item, one.id, recorded_at=posting.tenant.now, effective_on=today)
        dated.append(DatedItem(item_id=item.id, due_on=item.stands_due_on, due_version=item.due_version))
    return dated
