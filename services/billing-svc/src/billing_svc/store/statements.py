"""Statements, their answers, search tasks and runs as rows; a snapshot comes back as it was kept."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select

from billing_svc.domain.statement import Statement, snapshot_of
from billing_svc.domain.statement_answer import AnswerWish, JudgedAnswer, Search, answer_text
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.statement_tables import SearchTaskRow, StatementAnswerRow, StatementRow, StatementRunRow
from dunlin_kernel.errors import NotFound
from dunlin_kit.transaction import Transaction

_t, _a, _task = StatementRow.__table__.c, StatementAnswerRow.__table__.c, SearchTaskRow.__table__.c
_run, _customer = StatementRunRow.__table__.c, CustomerRow.__table__.c
_stored = (
    select(_t.id, _t.customer_id, _t.period_from, _t.period_to, _t.known_at, _t.snapshot, _t.digest, _t.actor,
           _t.recorded_at, _a.id.label("answer_id"), _a.agreed, _a.answer, _a.disputes,
           _a.digest.label("answer_digest"), _a.recorded_at.label("answered_at"), _customer.owner_code)
    .outerjoin_from(StatementRow.__table__, StatementAnswerRow.__table__, _a.statement_id == _t.id)
    .outerjoin(CustomerRow.__table__, _customer.customer_id == _t.customer_id))
BY_ID = _stored.where(_t.id == bindparam("statement_id", type_=Uuid))
PAGE = (
    _stored.where((bindparam("of", type_=Uuid).is_(None)) | (_t.customer_id == bindparam("of", type_=Uuid)),
                  (bindparam("before", type_=Uuid).is_(None)) | (_t.id < bindparam("before", type_=Uuid)))
    .order_by(_t.id.desc()).limit(bindparam("wanted", type_=Integer)))
TASKS = (
    select(*_task, _customer.number, _customer.name, _customer.owner_code)
    .join_from(SearchTaskRow.__table__, CustomerRow.__table__, _customer.customer_id == _task.customer_id))
TASK = TASKS.where(_task.id == bindparam("task_id", type_=Uuid)).with_for_update(
    of=SearchTaskRow.__table__, key_share=True)
TASKS_PAGE = (
    TASKS.where(_task.closed_at.is_(None),
                (bindparam("after", type_=Uuid).is_(None)) | (_task.id > bindparam("after", type_=Uuid)))
    .order_by(_task.id).limit(bindparam("wanted", type_=Integer)))
TASKS_OF = select(_task.id).where(_task.statement_id == bindparam("statement_id", type_=Uuid)).order_by(_task.id)
_LOCKED_RUN = select(StatementRunRow.__table__).with_for_update(key_share=True)
RUN = _LOCKED_RUN.where(_run.id == bindparam("run_id", type_=Uuid))
RUN_OF = _LOCKED_RUN.where(_run.operation_id == bindparam("operation_id", type_=Uuid))


@dataclass(frozen=True, slots=True)
class StatementRun:
    """A run over many customers, and how far it is."""

    id: UUID
    operation_id: UUID
    period_from: date
    period_to: date
    total: int
    done: int
    last_customer_id: UUID | None
    started_by: str


async def by_id(tx: Transaction, statement_id: UUID) -> Any:
    """The row with its answer. Refuses: statement_not_found."""
    row = await tx.row(BY_ID, statement_id=statement_id)
    if row is None:
        raise NotFound("statement_not_found", "There is no such statement.", statement_id=statement_id)
    return row


async def page(tx: Transaction, customer_id: UUID | None, before: UUID | None, limit: int) -> list[Any]:
    """Up to `limit` + 1 statements, the last one first."""
    return await tx.rows(PAGE, of=customer_id, before=before, wanted=limit + 1)


def add(tx: Transaction, statement: Statement, digest: str, *, run_id: UUID | None, recorded_at: datetime) -> None:
    head = statement.head
    tx.insert(StatementRow, {
        "id": head.id, "customer_id": head.customer_id, "run_id": run_id, "period_from": head.period_from,
        "period_to": head.period_to, "known_at": head.known_at, "digest": digest, "actor": tx.actor,
        "snapshot": json.dumps(snapshot_of(statement), ensure_ascii=False), "recorded_at": recorded_at})


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with what followed from it."""

    wish: AnswerWish
    customer_id: UUID
    judged: JudgedAnswer
    disputes: tuple[UUID, ...]
    digest: str


def add_answer(tx: Transaction, one: Answered, *, recorded_at: datetime) -> None:
    tx.insert(StatementAnswerRow, {
        "id": one.wish.id, "statement_id": one.wish.statement_id, "customer_id": one.customer_id,
        "agreed": one.judged.agreed, "answer": json.dumps(answer_text(one.wish), ensure_ascii=False),
        "disputes": json.dumps([str(dispute) for dispute in one.disputes]), "digest": one.digest, "actor": tx.actor,
        "recorded_at": recorded_at})


def add_task(tx: Transaction, task_id: UUID, search: Search, one: Answered, *, recorded_at: datetime) -> None:
    missing = search.missing
    tx.insert(SearchTaskRow, {
        "id": task_id, "statement_id": one.wish.statement_id, "customer_id": one.customer_id,
        "reason": search.reason.value, "item_id": search.item_id, "kind": missing and missing.kind.value,
        "reference": missing and missing.reference, "on_day": missing and missing.day,
        "currency": search.amount.currency, "amount": search.amount.minor, "opened_at": recorded_at,
        "closed_at": None, "closed_by": None, "finding": None})


async def tasks_of(tx: Transaction, statement_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.rows(TASKS_OF, statement_id=statement_id)]


async def open_tasks(tx: Transaction, after: UUID | None, limit: int) -> list[Any]:
    """Up to `limit` + 1 open tasks with number, name and owner of the customer, the oldest first."""
    return await tx.rows(TASKS_PAGE, after=after, wanted=limit + 1)


async def hold_task(tx: Transaction, task_id: UUID) -> Any:
    """Refuses: search_task_not_found."""
    row = await tx.row(TASK, task_id=task_id)
    if row is None:
        raise NotFound("search_task_not_found", "There is no such task.", search_task_id=task_id)
    return row


def close_task(tx: Transaction, task_id: UUID, finding: str, *, closed_at: datetime) -> None:
    tx.change(SearchTaskRow, {"id": task_id, "closed_at": closed_at, "closed_by": tx.actor, "finding": finding})


async def hold_run(tx: Transaction, run_id: UUID) -> StatementRun:
    row = await tx.row(RUN, run_id=run_id)
    assert row is not None, "a job of a run has its run"
    return _run_of(row)


async def hold_run_of(tx: Transaction, operation_id: UUID) -> StatementRun:
    """The run that is this operation, locked: no slice of it is being taken. Refuses: statement_run_not_found."""
    row = await tx.row(RUN_OF, operation_id=operation_id)
    if row is None:
        raise NotFound("statement_run_not_found", "No run of statements is this operation.", operation_id=operation_id)
    return _run_of(row)


def _run_of(row: Any) -> StatementRun:
    return StatementRun(row["id"], row["operation_id"], row["period_from"], row["period_to"], row["total"],
                        row["done"], row["last_customer_id"], row["started_by"])


def add_run(tx: Transaction, run: StatementRun, *, created_at: datetime) -> None:
    tx.insert(StatementRunRow, {
        "id": run.id, "operation_id": run.operation_id, "period_from": run.period_from, "period_to": run.period_to,
        "total": run.total, "done": run.done, "last_customer_id": run.last_customer_id, "started_by": run.started_by,
        "created_at": created_at})


def move_run(tx: Transaction, run: StatementRun) -> None:
    tx.change(StatementRunRow, {"id": run.id, "done": run.done, "last_customer_id": run.last_customer_id})
