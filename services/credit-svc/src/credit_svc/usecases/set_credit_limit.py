"""Set a customer's credit limit by hand: a fact is added, none is changed."""

from credit_svc.domain.limit_override import check_alone
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.adding_up import adding_up
from credit_svc.usecases.setting_limit import SetCreditLimit, record_limit, setting_of
from dunlin_kit.transaction import Transaction


async def set_credit_limit(tx: Transaction, command: SetCreditLimit) -> SetLimit:
    """A raise above the policy's step, or above what the policy decided, is not one person's: it is proposed.

    Refuses: second_person_needed, and what `setting_of` refuses.
    """
    setting = await setting_of(tx, command)
    alone = await adding_up(
        tx, command.customer_id, command.currency, setting.tenant, setting.policy.overrides)
    check_alone(setting.fact, setting.before, setting.policy.overrides, alone=alone)
    limit = SetLimit(setting.fact, command.reason, tx.actor, setting.tenant.now, approved_by=None)
    return await record_limit(tx, setting, limit)
