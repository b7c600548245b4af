"""Arranging: make due dates stand for the items of an arrangement, those of its parts or the old ones again."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from billing_svc.domain.arrangement import Arrangement, schedule_of
from billing_svc.domain.instalments import Instalment
from billing_svc.store import arrangements, audit
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_arrangements import ArrangedPart, DatedItem


class Arranging:
    """One arrangement in a posting that has its items."""

    def __init__(self, posting: Posting, arrangement: Arrangement) -> None:
        self._posting, self._one = posting, arrangement

    def by_parts(self) -> list[DatedItem]:
        """From today on its open items are due by its parts."""
        return self._stand(schedule_of(self._one, self._posting.items), self._one.id)

    def by_open_parts(self) -> list[DatedItem]:
        """Where a part was paid, or came back, its items are due by the part that is open now."""
        moved = {item_id: shares for item_id, shares in schedule_of(self._one, self._posting.items).items()
                 if shares[0].due_on != self._posting.items[item_id].stands_due_on}
        return self._stand(moved, self._one.id)

    def as_before(self) -> list[DatedItem]:
        """From today on its items are due as they were before any arrangement."""
        items = [self._posting.items[item_id] for item_id in self._one.item_ids]
        return self._stand({item.id: (Instalment(item.due_on, item.amount),) for item in items}, None)

    def note(self, action: str) -> None:
        """Who did what to it, for the audit."""
        posting, one = self._posting, self._one
        audit.add(posting.tx, action, one.id, customer_id=one.customer_id, recorded_at=posting.tenant.now,
                  after={"version": one.version, "state": one.state.value, "amount": str(one.amount)})

    def _stand(self, shares: Mapping[UUID, Sequence[Instalment]], arrangement_id: UUID | None) -> list[DatedItem]:
        dated, posting = [], self._posting
        for item_id, of_item in shares.items():
            item = posting.items[item_id] = posting.items[item_id].due_by(of_item[0].due_on, arrangement_id)
            arrangements.stand(posting.tx, item, of_item, self._one.id, at=posting.tenant)
            dated.append(DatedItem(item_id=item.id, due_on=item.stands_due_on, due_version=item.due_version))
        return dated


def parts_told(parts: Sequence[Instalment]) -> list[ArrangedPart]:
    return [ArrangedPart(due_on=part.due_on, amount=Amount.of(part.amount)) for part in parts]
