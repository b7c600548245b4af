"""Log how a call went, with what was promised in it; who was not reached is called again."""

from dataclasses import dataclass
from uuid import UUID

from dunlin_events.contracts.notify_cases import CallLogged
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.call import CallOutcome, CallTask
from notify_svc.store import calls, cases, collection_policies, customers
from notify_svc.usecases.make_promise import MakePromise, make_promise


@dataclass(frozen=True, slots=True)
class LogCall:
    """The outcome of a call; `promise` with the outcome of that name."""

    call_id: UUID
    outcome: CallOutcome
    note: str | None
    promise: MakePromise | None


async def log_call(tx: Transaction, command: LogCall) -> CallTask:
    """Refuses: call_not_found, illegal_transition, promise_missing, and all that `make_promise` refuses."""
    tenant = await present(tx)
    await customers.lock(tx, [(await calls.find(tx, command.call_id)).customer_id])
    task = await calls.find(tx, command.call_id)
    promise = await make_promise(tx, command.promise) if command.promise else None
    logged = task.logged(command.outcome, on=tenant.today, by=tx.actor, note=command.note,
                         promise_id=promise.id if promise else None)
    calls.keep(tx, logged)
    policy = (await collection_policies.in_force(tx, tenant.currency)).policy
    again = logged.again(new_id(), after_days=policy.call_again_days)
    if again is not None:
        calls.add(tx, again)
    case = (await cases.open_of(tx, [task.customer_id])).get(task.customer_id)
    tx.emit(CallLogged(
        customer_id=task.customer_id, call_id=task.id, outcome=logged.outcome.value if logged.outcome else "",
        called_on=tenant.today, case_id=case.id if case else None, promise_id=logged.promise_id))
    return logged
