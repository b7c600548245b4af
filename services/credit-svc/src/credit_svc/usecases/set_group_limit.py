"""Set the limit of a group, in its currency: a fact is added, none is changed."""

from credit_svc.domain.group import GroupLimit
from credit_svc.domain.group_override import check_group_alone
from credit_svc.store.groups import SignedLimit
from credit_svc.usecases.setting_group_limit import SetGroupLimit, record_group_limit, setting_of
from dunlin_kit.transaction import Transaction


async def set_group_limit(tx: Transaction, command: SetGroupLimit) -> GroupLimit:
    """A raise above the policy's step is not one person's: it is proposed.

    Refuses: second_person_needed, and what `setting_of` refuses.
    """
    setting = await setting_of(tx, command)
    check_group_alone(setting.limit, setting.before, setting.rules, today=setting.tenant.today)
    record_group_limit(
        tx, command.group_id, setting.limit, SignedLimit(command.reason, tx.actor, setting.tenant.now))
    return setting.limit
