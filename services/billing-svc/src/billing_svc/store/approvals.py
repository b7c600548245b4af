"""What waits for a second person's signature, here and elsewhere, or for its booking, by id, with the customer's number
and name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.store.asked_approvals import AskedApprovalRow, AskedGroupLimitRow
from billing_svc.store.compensation_tables import CompensationReversalRow, CompensationRow
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.interest_tables import InterestWaiverProposalRow
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.proposals import ProposalRow
from billing_svc.store.write_off_tables import WriteOffRow
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _customer, _lost = CreditRow.__table__.c, CustomerRow.__table__.c, WriteOffRow.__table__.c
_waived, _wish = InterestWaiverProposalRow.__table__.c, ProposalRow.__table__.c
_asked, _group = AskedApprovalRow.__table__.c, AskedGroupLimitRow.__table__.c
_paid, _back = CompensationRow.__table__.c, CompensationReversalRow.__table__.c
_CLAIM = literal_column(f"'{SecondPerson.CLAIM_SETTLED.value}'", Text)
_after = bindparam("after", type_=Uuid)
_payments = (
    select(_t.id, _t.customer_id, _t.currency, _t.amount, _t.payer,
           _t.second_person, _t.actor, _t.recorded_at, _t.expires_on)
    .where(_t.state == literal_column("'pending'"), _t.second_person.is_not(None), _t.id > _after))
_write_offs = (
    select(_lost.id, _lost.customer_id, _lost.currency, _lost.amount, cast(null(), Text),
           literal_column(f"'{SecondPerson.WRITE_OFF.value}'"), _lost.maker, _lost.recorded_at, cast(null(), Date))
    .where(_lost.state == literal_column("'proposed'"), _lost.id > _after))
_waivers = (
    select(_waived.id, _waived.customer_id, _waived.currency, _waived.amount, cast(null(), Text),
           literal_column(f"'{SecondPerson.INTEREST_WAIVER.value}'"), _waived.maker, _waived.recorded_at,
           cast(null(), Date))
    .where(_waived.state == literal_column("'proposed'"), _waived.id > _after))
_proposals = (
    select(_wish.id, _wish.customer_id, _wish.currency, _wish.amount, cast(null(), Text), _wish.kind, _wish.maker,
           _wish.recorded_at, cast(null(), Date))
    .where(_wish.state == literal_column("'proposed'"), _wish.id > _after))
_elsewhere = (
    select(_asked.approval_id, _asked.customer_id, _asked.currency, _asked.amount, cast(null(), Text), _asked.subject,
           _asked.maker, _asked.since, cast(null(), Date))
    .where(_asked.waiting, _asked.subject != _CLAIM, _asked.approval_id > _after))
_booked = (
    select(cast(func.coalesce(func.sum(_paid.amount), 0), BigInteger))
    .where(_paid.claim_id == _asked.approval_id, ~exists().where(_back.compensation_id == _paid.id)).scalar_subquery())
_claims = (
    select(_asked.approval_id, _asked.customer_id, _asked.currency, _asked.amount - _booked, cast(null(), Text),
           _asked.subject, _asked.maker, _asked.since, cast(null(), Date))
    .where(_asked.waiting, _asked.subject == _CLAIM, _asked.approval_id > _after, _asked.amount > _booked))
_all = union_all(_payments, _write_offs, _waivers, _proposals, _elsewhere, _claims).subquery("waiting")
_of_customers = (
    select(_all, _customer.number, _customer.name, _customer.owner_code, cast(null(), Uuid).label("group_id"))
    .join_from(_all, CustomerRow.__table__, _customer.customer_id == _all.c.customer_id))
_of_groups = (
    select(_group.approval_id, cast(null(), Uuid), _group.currency, _group.amount, cast(null(), Text),
           literal_column(f"'{SecondPerson.GROUP_LIMIT.value}'"), _group.maker, _group.since, cast(null(), Date),
           _group.group_number, _group.group_name, cast(null(), Text), _group.group_id)
    .where(_group.waiting, _group.approval_id > _after))
WAITING = union_all(_of_customers, _of_groups).order_by("id").limit(bindparam("wanted", type_=Integer))


@dataclass(frozen=True, slots=True)
class Approval:
    """A payment, write-off, waiver, refund or credit note that waits, or a limit (amount None: not rated), a cover or
    a limit of a group (None: it is to have none), or what was paid on a claim and is not booked yet; `maker` recorded
    it `since` then, and may not sign it."""

    id: UUID
    customer_id: UUID | None
    group_id: UUID | None
    number: str
    name: str | None
    amount: Money | None
    payer: str | None
    reason: SecondPerson
    maker: str
    since: datetime
    expires_on: date | None
    owner_code: str | None


async def waiting(tx: Transaction, after: UUID | None, limit: int) -> list[Approval]:
    """Up to `limit` + 1 after this one."""
    return [_approval(row) for row in await tx.rows(WAITING, after=after or NIL, wanted=limit + 1)]


def _approval(row: Any) -> Approval:
    return Approval(
        row["id"], row["customer_id"], row["group_id"], row["number"], row["name"],
        None if row["amount"] is None else Money(row["amount"], row["currency"]), row["payer"],
        SecondPerson(row["second_person"]), row["actor"], row["recorded_at"], row["expires_on"], row["owner_code"])
