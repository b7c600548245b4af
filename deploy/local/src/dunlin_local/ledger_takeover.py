"""A ledger file taken over: customers through customer-svc, then invoices and payments through billing-svc."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from dunlin_local.ledger_file import LedgerFile, LedgerLine
from dunlin_local.remote import Remote, RemoteError
from dunlin_local.terminal import note

CUSTOMERS_A_CALL = 1000
ROWS_A_CALL = 2000
LOOK_SECONDS = 0.2
HELD_ALREADY = "row_differs"
"""The customer is there with other content: it is left as it is, and its ledger can be taken over."""
NAME_DIFFERS = "name_differs"

T = TypeVar("T")
Watcher = Callable[[str, int, int | None], None]
"""Told of a step, how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a row that was not taken as it stands: `row`, `customer`, `invoice` or `payment`."""

    line: int
    part: str
    external_id: str
    code: str
    detail: str


@dataclass(slots=True)
class Outcome:
    """What came of a file: counted in customers, and in invoices and payments."""

    rows: int = 0
    registered: int = 0
    customers_unchanged: int = 0
    invoices: int = 0
    payments: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)
    """Rows that were taken all the same, though they say something else of their customer than its first row."""


class LedgerTakeover:
    """One run of it: killed at any moment and run again, it goes on; run once more, it changes nothing."""

    def __init__(self, remote: Remote, file: LedgerFile, watch: Watcher) -> None:
        self._remote, self._file, self._watch = remote, file, watch
        self._barred: set[str] = set()
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Raises RemoteError, LedgerFileError."""
        self._register(self._survey())
        begun = self._remote.post(
            "/billing/v1/ledger-imports", {"name": self._file.path.name[:100], "digest": self._file.digest()})
        if begun["status"] == "receiving":
            self._send(begun)
        self._follow(begun["id"])
        self._collect(begun["id"])
        self.outcome.refusals.sort(key=lambda one: (one.line, one.part))
        return self.outcome

    def _survey(self) -> list[dict[str, Any]]:
        """Read the file once: its customers, each as its first row says, and the rows that cannot be read."""
        customers: dict[str, dict[str, Any]] = {}
        seen: set[tuple[str, str]] = set()
        for line in self._file.lines():
            self.outcome.rows += 1
            if line.why is not None:
                self.outcome.refusals.append(
                    Refusal(line.line, "row", line.external_id, line.why.code, line.why.detail))
            if line.customer is not None and says_something(line):
                first = customers.setdefault(line.customer["external_id"], line.customer)
                self._remark(first, line.customer, seen)
            if self.outcome.rows % 1000 == 0:
                self._watch("reading", self.outcome.rows, None)
        self._watch("reading", self.outcome.rows, self.outcome.rows)
        return list(customers.values())

    def _remark(self, first: dict[str, Any], other: dict[str, Any], seen: set[tuple[str, str]]) -> None:
        """Each other name of a customer is said once, at the first row that has it."""
        who, name = other["external_id"], other["name"]
        if name != first["name"] and (who, name) not in seen:
            seen.add((who, name))
            self.outcome.remarks.append(Refusal(
                other["line"], "customer", who, NAME_DIFFERS,
                f"This row calls the customer {name}; kept is {first['name']}, as line {first['line']} has it."))

    def _register(self, customers: list[dict[str, Any]]) -> None:
        by_line, before = {one["line"]: one["external_id"] for one in customers}, 0

        def watch(done: int, _: int | None) -> None:
            self._watch("customers", before + done, len(customers))

        for rows in slices(customers, CUSTOMERS_A_CALL):
            operation = self._remote.post("/customer/v1/customers:import", {"rows": rows})
            result = self._ended("/customer/v1/operations/", operation, watch)
            self.outcome.registered += result["registered"]
            self.outcome.customers_unchanged += result["unchanged"]
            for one in result["refused"]:
                who = by_line[one["line"]]
                self.outcome.refusals.append(Refusal(one["line"], "customer", who, one["code"], one["detail"]))
                if one["code"] != HELD_ALREADY:
                    self._barred.add(who)
            before += len(rows)

    def _send(self, begun: dict[str, Any]) -> None:
        """Rows that were not received yet, in the order of the file."""
        done = 0
        for rows in slices(self._rows(), ROWS_A_CALL):
            new = [row for row in rows if row["line"] > begun["last_line"]]
            if new:
                key = f"{begun['id']}:{new[0]['line']}:{new[-1]['line']}"
                self._remote.post(f"/billing/v1/ledger-imports/{begun['id']}/rows", {"rows": new}, key=key)
            done += len(rows)
            self._watch("sending", done, self.outcome.rows)
        self._watch("sending", self.outcome.rows, self.outcome.rows)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for line in self._file.lines():
            if line.row is not None and line.row["customer_external_id"] not in self._barred:
                yield line.row

    def _follow(self, import_id: str) -> None:
        operation = self._remote.post(f"/billing/v1/ledger-imports/{import_id}:run")
        result = self._ended("/billing/v1/operations/", operation, partial(self._watch, "posting"))
        self.outcome.invoices, self.outcome.payments = result["invoices"], result["payments"]
        self.outcome.unchanged = result["unchanged"]

    def _ended(
        self, path: str, operation: dict[str, Any], watch: Callable[[int, int | None], None],
    ) -> dict[str, Any]:
        """The result of an operation, once it has one; `watch` is told how far it is. Raises RemoteError."""
        said = None
        while operation["status"] == "running":
            watch(operation["done"], operation["total"])
            if (waits_for := operation["waits_for"]) not in (None, said):
                note(f"waiting: {waits_for['code']}: {waits_for['detail']}")
                said = waits_for
            time.sleep(LOOK_SECONDS)
            operation = self._remote.get(path + operation["id"])
        if operation["error"]:
            raise RemoteError(f"The operation failed: {operation['error']['detail']}")
        watch(operation["done"], operation["total"])
        result: dict[str, Any] = operation["result"]
        return result

    def _collect(self, import_id: str) -> None:
        """What billing refused, and the rows that were not sent for want of their customer."""
        page: dict[str, Any] = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            given = {"limit": 200} | ({"cursor": page["next_cursor"]} if page["next_cursor"] else {})
            page = self._remote.get(f"/billing/v1/ledger-imports/{import_id}/refusals", given)
            self.outcome.refusals += [
                Refusal(one["line"], one["part"], one["external_id"] or "", one["code"], one["detail"])
                for one in page["data"]]
        if self._barred:
            self.outcome.refusals += [
                Refusal(line.line, "row", line.external_id, "customer_refused", "The customer of this row was refused.")
                for line in self._file.lines()
                if line.row is not None and line.row["customer_external_id"] in self._barred]


def says_something(line: LedgerLine) -> bool:
    """Nobody is registered for a row that will be refused because neither an invoice nor a payment is in it."""
    return line.row is not None and ("invoice" in line.row or "payment" in line.row)


def slices(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to so many."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
