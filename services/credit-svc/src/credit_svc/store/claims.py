"""Claims on covers: read with their covers, changed under the head of the cover's customer and currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.claim import Claim, ClaimState
from credit_svc.store.claim_tables import CoverClaimRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_VIEW = """
SELECT k.*, v.currency, v.customer_id, v.provider, c.number, c.name, o.owner_code FROM cover_claim k
JOIN cover v USING (tenant_id, cover_id) LEFT JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)"""
_FIND = text(f"{_VIEW} WHERE k.claim_id = CAST(:claim_id AS uuid)")
_OF_COVER = text(f"{_VIEW} WHERE k.cover_id = CAST(:cover_id AS uuid) ORDER BY k.claim_id")
_SOME = text(f"""{_VIEW} WHERE k.claim_id > CAST(:after AS uuid)
  AND (CAST(:cover_id AS uuid) IS NULL OR k.cover_id = CAST(:cover_id AS uuid))
  AND (CAST(:customer_id AS uuid) IS NULL OR v.customer_id = CAST(:customer_id AS uuid))
  AND (CAST(:state AS text) IS NULL OR k.state = CAST(:state AS text))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY k.claim_id LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """A claim with whose cover it is on, and who filed and settled it."""

    claim: Claim
    customer_id: UUID
    reference: str
    filed_by: str
    filed_at: datetime
    settled_by: str | None = None
    note: str | None = None
    provider: str | None = None
    number: str | None = None
    name: str | None = None
    owner_code: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """Which claims: on a cover, of a customer, of owners, in a state, after the last one seen."""

    cover_id: UUID | None
    customer_id: UUID | None
    owners: Sequence[str] | None
    state: ClaimState | None
    after: UUID | None
    most: int


async def get(tx: Tx, claim_id: UUID) -> KnownClaim:
    """To settle it, only after the lock on its head. Refuses: claim_not_found."""
    row = await tx.row(_FIND, claim_id=claim_id)
    if row is None:
        raise NotFound("claim_not_found", "There is no such claim.")
    return _known(row)


async def on_cover(tx: Tx, cover_id: UUID) -> Sequence[KnownClaim]:
    """All that were ever filed on it."""
    return [_known(row) for row in await tx.rows(_OF_COVER, cover_id=cover_id)]


async def some(tx: Tx, asked: ClaimsAsked) -> Sequence[KnownClaim]:
    """In the order in which they were filed."""
    rows = await tx.rows(
        _SOME, cover_id=asked.cover_id, customer_id=asked.customer_id, owners=asked.owners,
        state=asked.state and asked.state.value, after=asked.after or NIL, most=asked.most)
    return [_known(row) for row in rows]


def add(tx: Tx, one: KnownClaim) -> None:
    claim = one.claim
    tx.insert(CoverClaimRow, {
        "claim_id": claim.id, "cover_id": claim.cover_id, "amount": claim.amount.minor, "paid": claim.paid.minor,
        "state": claim.state.value, "reference": one.reference, "filed_on": claim.filed_on, "filed_by": one.filed_by,
        "filed_at": one.filed_at, "settled_on": None, "settled_by": None, "note": None})


def settle(tx: Tx, one: KnownClaim) -> None:
    """Gather what was paid, and who says so."""
    claim = one.claim
    tx.change(CoverClaimRow, {
        "claim_id": claim.id, "paid": claim.paid.minor, "state": claim.state.value, "settled_on": claim.settled_on,
        "settled_by": one.settled_by, "note": one.note}, key=("claim_id",))


def _known(row: Any) -> KnownClaim:
    currency = row["currency"]
    claim = Claim(
        row["claim_id"], row["cover_id"], Money(row["amount"], currency), row["filed_on"], Money(row["paid"], currency),
        ClaimState(row["state"]), row["settled_on"])
    return KnownClaim(
        claim, row["customer_id"], row["reference"], row["filed_by"], row["filed_at"], row["settled_by"], row["note"],
        row["provider"], row["number"], row["name"], row["owner_code"])
