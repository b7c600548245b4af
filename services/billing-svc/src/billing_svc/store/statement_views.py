"""A kept snapshot, read back as the statement that it was."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from billing_svc.domain.statement import (
    Balance,
    CurrencyStatement,
    Movement,
    Statement,
    StatementHead,
    StatementLine,
    ThirdPartyMove,
)
from dunlin_kernel.money import Money


def statement_of(snapshot: Mapping[str, Any]) -> Statement:
    customer = snapshot["customer"]
    head = StatementHead(
        UUID(snapshot["id"]), UUID(customer["id"]), customer["number"], customer["name"], snapshot["seller"],
        date.fromisoformat(snapshot["period_from"]), date.fromisoformat(snapshot["period_to"]),
        datetime.fromisoformat(snapshot["known_at"]))
    return Statement(head, tuple(_currency(one) for one in snapshot["currencies"]))


def lines_of(snapshot: Mapping[str, Any]) -> dict[UUID, StatementLine]:
    """What the customer is asked to confirm."""
    return statement_of(snapshot).lines


def _currency(one: Mapping[str, Any]) -> CurrencyStatement:
    currency = one["currency"]
    return CurrencyStatement(
        _balance(one["opening"], currency),
        tuple(Movement(date.fromisoformat(moved["effective_on"]), moved["fact_kind"], UUID(moved["fact_id"]),
                       moved["number"], moved["reference"], _balance(moved, currency)) for moved in one["movements"]),
        tuple(_balance(moved["after"], currency) for moved in one["movements"]), _balance(one["closing"], currency),
        tuple((bucket["name"], Money.parse(bucket["amount"], currency)) for bucket in one["buckets"]),
        tuple(StatementLine(
            UUID(line["item_id"]), line["kind"], line["number"], date.fromisoformat(line["issued_on"]),
            date.fromisoformat(line["due_on"]), Money.parse(line["amount"], currency),
            Money.parse(line["open"], currency)) for line in one["lines"]),
        tuple(ThirdPartyMove(
            date.fromisoformat(moved["effective_on"]), moved["fact_kind"], UUID(moved["fact_id"]), moved["number"],
            moved["payer"], Money.parse(moved["amount"], currency)) for moved in one.get("third_parties", ())))


def _balance(said: Mapping[str, Any], currency: str) -> Balance:
    return Balance(Money.parse(said["receivables"], currency), Money.parse(said["unapplied"], currency))
