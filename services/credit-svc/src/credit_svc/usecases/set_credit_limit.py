"""Set a customer's credit limit by hand: a fact is added, none is changed."""

from credit_svc.domain.limit import LimitKind, LimitSource
from credit_svc.domain.limit_override import EarlierLimit, check_alone, given_alone_from
from credit_svc.store import limits
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.setting_limit import SetCreditLimit, record_limit, setting_of
from dunlin_kernel.clock import date_in
from dunlin_kit.transaction import Transaction


async def set_credit_limit(tx: Transaction, command: SetCreditLimit) -> SetLimit:
    """A raise above the policy's step is not one person's: it is proposed.

    Refuses: second_person_needed, and what `setting_of` refuses.
    """
    setting = await setting_of(tx, command)
    alone_from = None
    if setting.policy.overrides.second_person_above:
        history = await limits.history(tx, command.customer_id, command.currency)
        alone_from = given_alone_from([_earlier(one, setting.tenant.zone) for one in history
                                       if one.fact.kind is LimitKind.BASE], today=setting.tenant.today)
    check_alone(setting.fact, setting.before, setting.policy.overrides, alone_from=alone_from)
    limit = SetLimit(setting.fact, command.reason, tx.actor, setting.tenant.now, approved_by=None)
    return await record_limit(tx, setting, limit)


def _earlier(one: SetLimit, zone: str) -> EarlierLimit:
    alone = one.approved_by is None and one.fact.source is not LimitSource.POLICY
    return EarlierLimit(one.fact.amount, date_in(zone, one.set_at), alone)
