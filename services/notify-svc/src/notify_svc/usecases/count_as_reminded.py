"""Take items one level on for which a person was given work: a call to make, a letter to post."""

from dunlin_kit.transaction import Transaction
from notify_svc.domain.judging import Verdict
from notify_svc.usecases.plan_reminders import Change, plan_reminders
from notify_svc.usecases.write_message import Judging


def count_as_reminded(tx: Transaction, command: Judging, verdict: Verdict) -> None:
    """What the verdict reminds of counts as reminded today; only after the customer's lock."""
    policy, changes = command.policy, []
    for one in verdict.remind:
        after = one.item.reminded(due_version=one.item.due_version,
                                  offset_days=policy.levels[one.level].offset_days, on=command.moment.today)
        changes.append(Change(one.item.planned(policy), after))
    plan_reminders(tx, policy, changes, climbed=True)
