"""Gather what a member of staff is told of the customers that they answer for."""

from dunlin_kernel.calendar import days_after, days_between
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.worklist import rank
from notify_svc.gateways.letters import money_text
from notify_svc.store import collection_policies, exchange_rates, limitations, notices, worklist
from notify_svc.usecases.run_ladder import DAYS_AHEAD

MOST = 50


async def gather_digest(tx: Transaction, owner_code: str, moment: Tenant) -> dict[str, object]:
    """`rows`: whom to call, as on the worklist; `soon`: what falls due in the next days; `unanswered`: statements;
    `ending`: claims that can be enforced for less than a year.

    `counts` says how many of each there are in all, and `left_out` how many are not shown.
    """
    policy = (await collection_policies.in_force(tx, moment.currency)).policy
    found = await worklist.candidates(
        tx, today=moment.today, owners=(owner_code,), broken_days=policy.broken_promise_days)
    of = {row.candidate.customer_id: row for row in found}
    ranked = rank([row.candidate for row in found], today=moment.today, policy=policy,
                  rates=await exchange_rates.of_today(tx, moment))
    shown = ranked[:MOST]
    rows = [{
        "number": of[one.candidate.customer_id].number or "-", "name": of[one.candidate.customer_id].name or "-",
        "overdue": ", ".join(money_text(sum_) for sum_ in one.candidate.overdue) or "-",
        "days": days_between(one.candidate.oldest_due_on, moment.today) if one.candidate.oldest_due_on else 0,
        "why": ", ".join(reason.value for reason in one.why)} for one in shown]
    soon, due = await notices.due_soon(tx, owner_code, moment.today, days_after(moment.today, DAYS_AHEAD))
    unanswered, silent = await notices.unanswered(tx, owner_code)
    ending = await limitations.nearing(tx, moment, months=policy.limitation_months, owners=(owner_code,))
    counts = {"rows": len(ranked), "soon": due, "unanswered": silent, "ending": len(ending)}
    left_out = {"rows": len(ranked) - len(shown), "soon": due - len(soon), "unanswered": silent - len(unanswered),
                "ending": max(0, len(ending) - MOST)}
    return {"rows": rows, "soon": soon, "unanswered": unanswered, "ending": ending[:MOST], "counts": counts,
            "left_out": left_out}
