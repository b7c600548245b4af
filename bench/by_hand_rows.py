"""What both hand-written works share: the call, its answer, and the rows of ledger, journal, audit and events."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import HTTPException

from dunlin_kernel.ids import new_id


class Answer(NamedTuple):
    status: int
    etag: str | None
    location: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, under which key, in which form of work."""

    form: str
    tenant: UUID
    barrier: int
    actor: str
    key: str
    fingerprint: bytes
    correlation: str
    at: datetime

    def repeated(self, known: Any) -> Answer:
        """The first answer to this key."""
        if known["fingerprint"] != self.fingerprint:
            raise HTTPException(422)
        return Answer(known["status"], known["etag"], known["location"], known["body"])


def money(minor: int, currency: str) -> dict[str, str]:
    """Two digits after the point: the limit knows no other currencies."""
    whole, rest = divmod(abs(minor), 100)
    return {"amount": f"{'-' if minor < 0 else ''}{whole}.{rest:02d}", "currency": currency}


STARTS = (1, 31, 61, 91)
"""Days past due on which an item comes into the next bucket of what its account keeps by age."""


class Books:
    """The account as it moves, and the rows of each fact, as columns ready to be sent."""

    def __init__(
        self, call: Call, key: tuple[UUID, str], account: Any, seen: Any, columns: dict[str, list[Any]] | None = None,
    ) -> None:
        self.call, (self.customer, self.currency), self.now, self.today = call, key, seen["now"], seen["today"]
        self.open, self.unapplied, self.entries, self.version = (
            account[name] for name in ("open", "unapplied", "entries", "version"))
        self.aged_on, self.turns_on, self.aged, self.aged_items = (
            account[name] for name in ("aged_on", "turns_on", "aged", "aged_items"))
        self.columns: dict[str, list[Any]] = {} if columns is None else columns

    def add(self, prefix: str, **values: Any) -> None:
        for name, value in values.items():
            self.columns.setdefault(f"{prefix}_{name}", []).append(value)

    def post(self, kind: str, fact: UUID, entries: list[tuple[str, UUID, int]], journal: dict[str, int]) -> None:
        """Enter a fact: its entries move the account, its journal sums to zero, its audit row says before and after."""
        before = self.state()
        for side, ref, amount in entries:
            self.entries += 1
            if side == "receivable":
                self.open += amount
            else:
                self.unapplied += amount
            self.add("e", position=self.entries, side=side, item=ref if side == "receivable" else None,
                     credit=ref if side == "credit" else None, kind=kind, fact=fact, amount=amount)
        self.version += 1
        assert sum(journal.values()) == 0
        entry = new_id()
        self.add("j", id=entry, kind=kind, fact=fact)
        for account, amount in journal.items():
            self.add("l", id=entry, account=account, amount=amount)
        self.add("u", id=new_id(), action=kind, subject=fact, before=before, after=self.state())

    def age(self, due_on: date, before: int, after: int) -> None:
        """What the account keeps by age, and until when, after what is open of an item has changed."""
        if not any(self.aged_items):
            self.aged, self.aged_items, self.aged_on, self.turns_on = [0] * 5, [0] * 5, self.today, None
        bucket = bisect_right(STARTS, (self.aged_on - due_on).days)
        self.aged[bucket] += after - before
        self.aged_items[bucket] += (after != 0) - (before != 0)
        if after and bucket < len(STARTS):
            turn = due_on + timedelta(days=STARTS[bucket])
            self.turns_on = turn if self.turns_on is None else min(turn, self.turns_on)

    def tell(self, fact: str, payload: dict[str, Any]) -> None:
        """An event with its envelope's headers, as bytes; the figures after the fact are part of it."""
        call, event, stream = self.call, new_id(), f"{self.call.tenant}:{self.customer}"
        type_ = f"dunlin.billing.{fact}.v1"
        headers = {
            "ce_specversion": "1.0", "ce_id": str(event), "ce_source": "/dunlin/billing", "ce_type": type_,
            "ce_time": call.at.isoformat(), "ce_subject": str(self.customer), "ce_dataschema": f"dunlin:schema:{type_}",
            "content-type": "application/json", "ce_partitionkey": stream, "ce_correlationid": call.correlation,
            "ce_causationid": call.correlation, "ce_recordedtime": self.now.isoformat(),
            "ce_tenantid": str(call.tenant)}
        whole = {"customer_id": str(self.customer), "origin": "live", "account": self.figures(), **payload}
        self.add("v", id=event, type=type_, headers=json.dumps(headers, separators=(",", ":")),
                 payload=json.dumps(whole, separators=(",", ":")).encode())

    def state(self) -> str:
        return json.dumps({"open": f"{self.open} {self.currency}", "unapplied": f"{self.unapplied} {self.currency}",
                           "version": self.version})

    def figures(self) -> dict[str, dict[str, str]]:
        return {"open": money(self.open, self.currency), "disputed": money(0, self.currency),
                "unapplied": money(self.unapplied, self.currency)}

    def values(self, answer: Answer) -> dict[str, Any]:
        """Everything the shared statements name."""
        call = self.call
        return {
            **self.columns, "tenant": call.tenant, "customer": self.customer, "currency": self.currency,
            "open": self.open, "unapplied": self.unapplied, "entries": self.entries, "version": self.version,
            "aged_on": self.aged_on, "turns_on": self.turns_on, "aged": self.aged, "aged_items": self.aged_items,
            "now": self.now, "today": self.today, "actor": call.actor, "correlation": call.correlation,
            "stream": f"{call.tenant}:{self.customer}", "told": len(self.columns["v_id"]), "key": call.key,
            "fingerprint": call.fingerprint, "status": answer.status, "etag": answer.etag,
            "location": answer.location, "body": answer.body}
