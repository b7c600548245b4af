"""Charge the fee for a reminder that was sent: what the policy says for the code of its level, on its debt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing_svc.domain.charge import ChargeReason
from billing_svc.domain.item import Item
from billing_svc.domain.reminder_fee import reminded_debt
from billing_svc.store import audit, fee_policies, items
from billing_svc.usecases.charge_fee import ChargeFee, charge_fee
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SentReminder:
    """A message that left at a time; `item_ids`: those reminded of at its level."""

    message_id: UUID
    fee_code: str
    item_ids: Sequence[UUID]
    sent_at: datetime


async def charge_reminder_fee(tx: Transaction, sent: SentReminder) -> Item | None:
    """None where nothing is charged: for a code that the policy of that time does not name in the debt's currency that
    is noted in the audit log.

    Refuses: item_not_found (of a customer that is being merged), customer_merged, period_locked.
    """
    found = await items.by_id(tx, sent.item_ids)
    debt = reminded_debt([found[one] for one in sent.item_ids if one in found])
    if debt is None:
        return None
    amount = (await fee_policies.policy_at(tx, sent.sent_at)).fee(sent.fee_code, debt.amount.currency)
    if amount is None:
        audit.add(tx, "reminder_fee_not_set", sent.message_id, customer_id=debt.customer_id,
                  recorded_at=(await present(tx)).now,
                  after={"fee_code": sent.fee_code, "currency": debt.amount.currency})
        return None
    return await charge_fee(tx, ChargeFee(debt.customer_id, amount, ChargeReason.REMINDER, claim_item_id=debt.id))
