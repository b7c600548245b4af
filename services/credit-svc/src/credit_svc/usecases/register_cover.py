"""Register a cover: what an insurer, a guarantor or a deposit answers for counts in the customer's limit."""

from dataclasses import dataclass, replace
from uuid import UUID

from credit_svc.domain.cover import Cover, CoverState, registered
from credit_svc.store import covers, heads, mergers, policies
from credit_svc.store.covers import KnownCover
from credit_svc.usecases.adding_up import adding_up
from credit_svc.usecases.keep_covers import keep_covers
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RegisterCover:
    """The cover as wished, and who stands behind it."""

    customer_id: UUID
    cover: Cover
    provider: str
    reference: str
    reason: str


async def register_cover(tx: Transaction, command: RegisterCover) -> KnownCover:
    """One that gives more than a person may give alone waits for another.

    Refuses: tenant_not_known_yet, customer_not_known_yet, customer_merged, bad_cover, validity_reversed,
    validity_in_past.
    """
    await heads.lock(tx, command.customer_id, command.cover.amount.currency)
    await mergers.check_not_merged(tx, command.customer_id)
    tenant = await present(tx)
    policy, _ = await policies.in_force(tx)
    lately = await adding_up(
        tx, command.customer_id, command.cover.amount.currency, tenant, policy.overrides)
    cover = registered(
        command.cover, policy.overrides, today=tenant.today, alone=None if lately is None else lately.beside(None))
    known = KnownCover(
        replace(cover), command.customer_id, command.provider, command.reference, command.reason, tx.actor, tenant.now)
    covers.add(tx, known)
    if cover.state is CoverState.STANDING:
        await keep_covers(tx, known, tenant)
    else:
        tell_approval(tx, known)
    return known
