"""Classes of customers and the rules behind them, as rows."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.classification import DEFAULTS, ClassificationRule, Dimension, HeldClass
from customer_svc.store.class_tables import ClassificationRuleRow, CustomerClassRow
from dunlin_kit.transaction import Transaction

_RULE = (
    col(ClassificationRuleRow.dimension), col(ClassificationRuleRow.version), col(ClassificationRuleRow.edges),
    col(ClassificationRuleRow.hysteresis_bps), col(ClassificationRuleRow.window_months),
    col(ClassificationRuleRow.effective_from),
)
_RULES: Any = (
    select(*_RULE)
    .where(tuple_(col(ClassificationRuleRow.dimension), col(ClassificationRuleRow.version))
           > tuple_(bindparam("dimension", type_=Text), bindparam("version", type_=Integer)))
    .order_by(col(ClassificationRuleRow.dimension), col(ClassificationRuleRow.version))
    .limit(bindparam("most", type_=Integer)))
_IN_FORCE: Any = (
    select(*_RULE).where(col(ClassificationRuleRow.dimension) == bindparam("dimension", type_=Text),
                         col(ClassificationRuleRow.effective_from) <= bindparam("day", type_=Date))
    .order_by(col(ClassificationRuleRow.effective_from).desc(), col(ClassificationRuleRow.version).desc()).limit(1))
_LAST: Any = select(func.coalesce(func.max(col(ClassificationRuleRow.version)), 0).label("version")).where(
    col(ClassificationRuleRow.dimension) == bindparam("dimension", type_=Text))
_CLASS = (
    col(CustomerClassRow.customer_id), col(CustomerClassRow.dimension), col(CustomerClassRow.value),
    col(CustomerClassRow.metric), col(CustomerClassRow.rule_version), col(CustomerClassRow.effective_on))
_OF_ONE: Any = select(*_CLASS).where(col(CustomerClassRow.customer_id) == bindparam("customer_id"))
_OF_MANY: Any = select(*_CLASS).where(
    col(CustomerClassRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
_OF_DIMENSION: Any = select(*_CLASS).where(col(CustomerClassRow.dimension) == bindparam("dimension", type_=Text))
_OF_SOME: Any = _OF_DIMENSION.where(
    col(CustomerClassRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
_REMOVE: Any = delete(CustomerClassRow).where(
    col(CustomerClassRow.customer_id) == bindparam("customer_id"),
    col(CustomerClassRow.dimension) == bindparam("dimension", type_=Text))


async def rules(tx: Transaction, after: tuple[str, int], most: int) -> list[ClassificationRule]:
    """At most so many versions after this one, by dimension and version; 0 is what holds until one is set."""
    dimension, version = after
    found = [_rule_of(row) for row in await tx.rows(_RULES, dimension=dimension, version=version, most=most)]
    defaults = [rule for rule in DEFAULTS.values() if (rule.dimension.value, rule.version) > after]
    return sorted([*defaults, *found], key=lambda rule: (rule.dimension.value, rule.version))[:most]


async def rule_in_force(tx: Transaction, dimension: Dimension, on: date) -> ClassificationRule:
    """The version that holds on a day: the last one that had begun by then, else the default."""
    row = await tx.row(_IN_FORCE, dimension=dimension.value, day=on)
    return _rule_of(row) if row else DEFAULTS[dimension]


async def next_version(tx: Transaction, dimension: Dimension) -> int:
    """The version after the last; two at once of one version meet at the key."""
    row = await tx.row(_LAST, dimension=dimension.value)
    version: int = row["version"] + 1
    return version


def add_rule(tx: Transaction, rule: ClassificationRule, *, at: datetime) -> None:
    tx.insert(ClassificationRuleRow, {
        "dimension": rule.dimension.value, "version": rule.version, "edges": list(rule.edges),
        "hysteresis_bps": rule.hysteresis_bps, "window_months": rule.window_months,
        "effective_from": rule.effective_from, "actor": tx.actor, "recorded_at": at})


async def of_customer(tx: Transaction, customer_id: UUID) -> dict[Dimension, HeldClass]:
    """The classes of one customer."""
    rows = await tx.rows(_OF_ONE, customer_id=customer_id)
    return {Dimension(row["dimension"]): _class_of(row) for row in rows}


async def of_customers(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, dict[Dimension, HeldClass]]:
    """The classes of these customers, by customer and dimension."""
    found: dict[UUID, dict[Dimension, HeldClass]] = {}
    for row in await tx.rows(_OF_MANY, customer_ids=list(ids)):
        found.setdefault(row["customer_id"], {})[Dimension(row["dimension"])] = _class_of(row)
    return found


async def of_dimension(tx: Transaction, dimension: Dimension) -> dict[UUID, HeldClass]:
    """The classes of all customers in one dimension."""
    rows = await tx.rows(_OF_DIMENSION, dimension=dimension.value)
    return {row["customer_id"]: _class_of(row) for row in rows}


async def of_some(tx: Transaction, dimension: Dimension, customer_ids: Collection[UUID]) -> dict[UUID, HeldClass]:
    """The classes of these customers in one dimension; they change under the lock of their customer."""
    rows = await tx.rows(_OF_SOME, dimension=dimension.value, customer_ids=list(customer_ids))
    return {row["customer_id"]: _class_of(row) for row in rows}


def keep(tx: Transaction, dimension: Dimension, classes: Iterable[tuple[UUID, HeldClass]]) -> None:
    """The classes of these customers in one dimension, as they stand now."""
    tx.put(CustomerClassRow, *(
        {"customer_id": customer_id, "dimension": dimension.value, "value": held.value, "metric": held.number,
         "rule_version": held.rule_version, "effective_on": held.effective_on} for customer_id, held in classes
    ), key=("customer_id", "dimension"))


async def remove(tx: Transaction, dimension: Dimension, customer_id: UUID) -> None:
    await tx.row(_REMOVE, customer_id=customer_id, dimension=dimension.value)


def _rule_of(row: Any) -> ClassificationRule:
    return ClassificationRule(
        Dimension(row["dimension"]), row["version"], tuple(row["edges"]), row["hysteresis_bps"], row["window_months"],
        row["effective_from"])


def _class_of(row: Any) -> HeldClass:
    return HeldClass(row["value"], row["rule_version"], row["effective_on"], row["metric"])
