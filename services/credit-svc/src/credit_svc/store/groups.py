"""Groups: as told of, their limits, and their standing read as a whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.group import GroupLimit, GroupStanding, MemberParts
from credit_svc.domain.group_override import GroupLimitsBefore
from credit_svc.domain.limit_override import EarlierLimit
from credit_svc.store.exposures import figures_of
from credit_svc.store.group_tables import CreditGroupRow, CustomerGroupRow, ExchangeRateRow, GroupLimitRow
from dunlin_events.consuming import Tx
from dunlin_kernel.clock import date_in
from dunlin_kernel.errors import NotFound, NotReady
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

STANDING = """
SELECT g.group_id, g.number, g.name, g.currency AS group_currency, g.set_off, t.currency AS base_currency,
  l.limit_id AS group_limit_id, l.version AS group_limit_version, l.amount AS group_limit,
  l.currency AS group_limit_currency, l.valid_from AS group_valid_from, l.valid_until AS group_valid_until,
  (SELECT jsonb_agg(jsonb_build_array(k.customer_id, k.currency, k.open, k.disputed, k.unapplied, k.reserved,
                                      k.delivered, k.accrued, k.kept)
                    ORDER BY k.customer_id, k.currency)
   FROM (SELECT m.customer_id, p.currency, sum(p.open)::bigint AS open, sum(p.disputed)::bigint AS disputed,
                sum(p.unapplied)::bigint AS unapplied, sum(p.reserved)::bigint AS reserved,
                sum(p.delivered)::bigint AS delivered, sum(p.accrued)::bigint AS accrued,
                sum(p.kept)::bigint AS kept
         FROM customer_group m JOIN LATERAL (
           SELECT currency, open, disputed, unapplied, 0 AS reserved, delivered, accrued, kept FROM exposure e
           WHERE e.customer_id = m.customer_id
           UNION ALL SELECT currency, 0, 0, 0, reserved, 0, 0, 0 FROM authorization_head h
           WHERE h.customer_id = m.customer_id
         ) p ON true
         WHERE m.group_id = g.group_id GROUP BY m.customer_id, p.currency) k) AS members,
  (SELECT jsonb_object_agg(r.currency, r.rate::text) FROM (
     SELECT DISTINCT ON (currency) currency, rate FROM exchange_rate WHERE valid_on <= CAST(:today AS date)
     ORDER BY currency, valid_on DESC) r) AS rates
FROM credit_group g CROSS JOIN tenant t LEFT JOIN LATERAL (
  SELECT * FROM group_limit x WHERE x.group_id = g.group_id AND x.valid_from <= CAST(:today AS date)
  ORDER BY x.version DESC LIMIT 1) l ON true"""
_FIND = text(f"{STANDING} WHERE g.group_id = CAST(:group_id AS uuid)")
_SOME = text(f"{STANDING} WHERE g.group_id > CAST(:after AS uuid) ORDER BY g.group_id LIMIT CAST(:most AS bigint)")
_OF_CUSTOMERS = text(f"""
WITH asked AS (
  SELECT group_id, array_agg(customer_id) AS customer_ids FROM customer_group
  WHERE customer_id = ANY(CAST(:customer_ids AS uuid[])) AND group_id IS NOT NULL GROUP BY 1)
SELECT s.*, a.customer_ids FROM ({STANDING}
  WHERE g.group_id = ANY(ARRAY(SELECT group_id FROM asked)) AND l.amount IS NOT NULL) s
JOIN asked a USING (group_id)""")  # noqa: S608  constants only
_LOCK = text("""
SELECT currency, number, name FROM credit_group WHERE group_id = CAST(:group_id AS uuid) FOR NO KEY UPDATE""")
_LIMITS = text("SELECT * FROM group_limit WHERE group_id = CAST(:group_id AS uuid) ORDER BY version DESC LIMIT 200")


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group, and its standing where its currency is known; without a limit its standing has one of None."""

    group_id: UUID
    number: str | None
    name: str | None
    standing: GroupStanding | None

    @property
    def member_ids(self) -> set[UUID]:
        return set() if self.standing is None else {one.customer_id for one in self.standing.members}


@dataclass(frozen=True, slots=True)
class LockedGroup:
    """A group as customer-svc configured it."""

    currency: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedLimit:
    """Why a limit was set, by whom and when, and who approved it where it took a second person."""

    reason: str
    set_by: str
    set_at: datetime
    approved_by: str | None = None


async def get(tx: Tx, group_id: UUID, *, today: date) -> KnownGroup:
    """Refuses: group_not_found."""
    row = await tx.row(_FIND, group_id=group_id, today=today)
    if row is None:
        raise NotFound("group_not_found", "There is no such group.")
    return _known(row)


async def some(tx: Tx, *, today: date, after: UUID | None, most: int) -> Sequence[KnownGroup]:
    """By id."""
    return [_known(row) for row in await tx.rows(_SOME, today=today, after=after or NIL, most=most)]


async def of_customers(tx: Tx, customer_ids: Collection[UUID], *, today: date) -> Mapping[UUID, GroupStanding]:
    """The standing of each one's group, where that has a limit; who is in none is left out."""
    rows = await tx.rows(_OF_CUSTOMERS, customer_ids=list(customer_ids), today=today) if customer_ids else ()
    found = ((standing_of(row), row["customer_ids"]) for row in rows)
    return {customer: standing for standing, members in found if standing is not None for customer in members}


async def lock(tx: Tx, group_id: UUID) -> LockedGroup:
    """Refuses: group_not_found, group_not_known_yet."""
    row = await tx.row(_LOCK, group_id=group_id)
    if row is None:
        raise NotFound("group_not_found", "There is no such group.")
    if row["currency"] is None:
        raise NotReady("group_not_known_yet", "This service has not heard of the group's currency yet; try again.")
    return LockedGroup(row["currency"], row["number"], row["name"])


def standing_of(row: Any) -> GroupStanding | None:
    """From a row with the columns of `STANDING`; None where the group, its currency or its base is not known."""
    if row["group_id"] is None or row["group_currency"] is None:
        return None
    limit_currency = row["group_limit_currency"] or row["group_currency"]
    amount = None if row["group_limit"] is None else Money(row["group_limit"], limit_currency)
    limit = GroupLimit(
        row["group_limit_id"] or NIL, row["group_limit_version"] or 0, limit_currency, amount,
        row["group_valid_from"] or date.min, row["group_valid_until"])
    members = tuple(_member(told) for told in row["members"] or ())
    rates = {currency: Decimal(rate) for currency, rate in (row["rates"] or {}).items()}
    return GroupStanding(
        row["group_id"], limit_currency, row["base_currency"], row["set_off"], limit, members, rates)


async def limits_before(tx: Tx, group_id: UUID, *, zone: str) -> GroupLimitsBefore:
    """Only after the lock on the group."""
    rows = await tx.rows(_LIMITS, group_id=group_id)
    limits = [GroupLimit(
        row["limit_id"], row["version"], row["currency"],
        None if row["amount"] is None else Money(row["amount"], row["currency"]), row["valid_from"],
        row["valid_until"]) for row in rows]
    return GroupLimitsBefore(limits[0] if limits else None, [
        EarlierLimit(limit.amount, date_in(zone, row["set_at"]), row["approved_by"] is None)
        for limit, row in zip(limits, rows, strict=True)])


def add_limit(tx: Tx, group_id: UUID, limit: GroupLimit, signed: SignedLimit) -> None:
    tx.insert(GroupLimitRow, {
        "group_id": group_id, "version": limit.version, "limit_id": limit.id, "currency": limit.currency,
        "amount": None if limit.amount is None else limit.amount.minor, "valid_from": limit.valid_from,
        "valid_until": limit.valid_until, "reason": signed.reason, "set_by": signed.set_by, "set_at": signed.set_at,
        "approved_by": signed.approved_by})


def configure(tx: Tx, told: Mapping[str, Any]) -> None:
    """Gather a group as it stands now."""
    tx.put(CreditGroupRow, told, key=("group_id",))


def keep_memberships(tx: Tx, told: Mapping[UUID, tuple[UUID | None, str | None]]) -> None:
    """Gather to which group customers belong; one not told of yet is known by its number."""
    for customer_id, (group_id, number) in told.items():
        tx.put(CustomerGroupRow, {"customer_id": customer_id, "group_id": group_id}, key=("customer_id",))
        if group_id is not None:
            tx.once(CreditGroupRow, {
                "group_id": group_id, "number": number, "name": None, "currency": None, "set_off": False,
            }, key=("group_id",))


def declare_rate(tx: Tx, currency: str, valid_on: date, rate: Decimal) -> None:
    """Gather a rate; a later word for the same day counts."""
    tx.put(ExchangeRateRow, {"currency": currency, "valid_on": valid_on, "rate": rate}, key=("currency", "valid_on"))


def _known(row: Any) -> KnownGroup:
    return KnownGroup(row["group_id"], row["number"], row["name"], standing_of(row))


def _member(told: Sequence[Any]) -> MemberParts:
    customer_id, currency, opened, disputed, unapplied, reserved, delivered, accrued, kept = told
    figures = figures_of(currency, opened=opened, disputed=disputed, unapplied=unapplied)
    return MemberParts(UUID(customer_id), ExposureParts.of(
        figures, reserved=Money(reserved, currency), delivered=Money(delivered, currency),
        accrued=Money(accrued, currency), kept=Money(kept, currency)))
