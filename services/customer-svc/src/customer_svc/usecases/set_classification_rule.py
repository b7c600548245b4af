"""A new version of a dimension's rule is set; it holds from its day on, and classes follow at the turn of that day."""

from dataclasses import replace

from customer_svc.domain.classification import ClassificationRule
from customer_svc.store import classes
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def set_classification_rule(tx: Transaction, rule: ClassificationRule) -> ClassificationRule:
    """The rule with its version; two at once have one each. Refuses: rule_in_the_past."""
    tenant = await present(tx)
    if rule.effective_from < tenant.today:
        raise RuleBroken("rule_in_the_past", "A rule begins today or later: classes of the past stay as they were.")
    numbered = replace(rule, version=await classes.next_version(tx, rule.dimension))
    classes.add_rule(tx, numbered, at=tenant.now)
    return numbered
