"""Take the customer's answer to a statement: what is not accepted is disputed, what is missing is searched for."""

from uuid import UUID

from billing_svc.domain.dispute import DisputeWish
from billing_svc.domain.statement_answer import AnswerWish, Contested, answer_digest, judge_answer
from billing_svc.store import accounts, audit, items, statement_views, statements
from billing_svc.store.statements import Answered
from billing_svc.usecases.open_dispute import open_dispute
from dunlin_events.contracts.billing_statements import StatementAnswered
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def answer_statement(tx: Transaction, wish: AnswerWish) -> Answered:
    """What has been paid or is disputed since is not disputed again.

    Refuses: statement_not_found, tenant_not_known_yet, and what `judge_answer` refuses.
    """
    stored = await statements.by_id(tx, wish.statement_id)
    lines = statement_views.lines_of(stored["snapshot"])
    judged = judge_answer(wish, lines)
    customer_id: UUID = stored["customer_id"]
    await accounts.lock(tx, [(customer_id, one.amount.currency) for one in judged.contested])
    tenant = await present(tx)
    disputes = [dispute for one in judged.contested if (dispute := await _disputed(tx, one, wish)) is not None]
    answered = Answered(wish, customer_id, judged, tuple(disputes), answer_digest(wish, stored["digest"]))
    statements.add_answer(tx, answered, recorded_at=tenant.now)
    tasks = [new_id() for _ in judged.searches]
    for task_id, search in zip(tasks, judged.searches, strict=True):
        statements.add_task(tx, task_id, search, answered, recorded_at=tenant.now)
    audit.add(tx, "statement_answered", wish.id, customer_id=customer_id, recorded_at=tenant.now,
              after={"agreed": judged.agreed, "digest": answered.digest})
    tx.emit(StatementAnswered(
        customer_id=customer_id, statement_id=wish.statement_id, answer_id=wish.id, agreed=judged.agreed,
        confirmed_items=list(judged.confirmed), disputes=disputes, search_tasks=tasks, signer=wish.signer,
        authority=wish.authority, digest=answered.digest))
    return answered


async def _disputed(tx: Transaction, one: Contested, wish: AnswerWish) -> UUID | None:
    """Each sees what the one before it wrote."""
    held = (await items.by_id(tx, [one.item_id]))[one.item_id]
    amount = min(one.amount, held.undisputed)
    if not amount.is_positive:
        return None
    evidence = f"statement {wish.statement_id}"
    made = await open_dispute(tx, DisputeWish(new_id(), one.item_id, one.reason, amount, evidence))
    await tx.flush()
    return made.id
