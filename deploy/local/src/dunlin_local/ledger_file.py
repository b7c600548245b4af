"""A ledger file, streamed: each row as customer, invoice and payment in the API's words, or why it cannot be read."""

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.errors import DomainError
from dunlin_local.ledger_mapping import LedgerMapping, text_of

GZIP = b"\x1f\x8b"
MAX_TEXT = 1000
METHOD = "bank_transfer"
_AMOUNT = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?", re.ASCII)
_UNDECODED = re.compile("[\udc80-\udcff]")
_DAYS = re.compile(r"[0-9]{1,5}", re.ASCII)


class LedgerFileError(Exception):
    """The file as a whole cannot be read; the message is a sentence for the person who named it."""


class UnreadableRow(DomainError):
    """One row cannot be read by the mapping; the others can."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A row that is meant: `customer` and `row` as the API takes them; both None and a `why` where it is unreadable.

    `external_id` is that of its invoice, or else of its payment; empty where it has none that can be read.
    """

    line: int
    customer: dict[str, Any] | None
    row: dict[str, Any] | None
    why: DomainError | None = None
    external_id: str = ""


class LedgerFile:
    """CSV, plain or gzip. Lines count from 1, the header's."""

    def __init__(self, path: Path, mapping: LedgerMapping) -> None:
        self.path, self.mapping = path, mapping

    def digest(self) -> str:
        """Names this content as this mapping reads it. Raises LedgerFileError."""
        found = hashlib.sha256(self.mapping.said.encode())
        try:
            with self.path.open("rb") as file:
                while part := file.read(1 << 20):
                    found.update(part)
        except OSError as error:
            raise LedgerFileError(f"{self.path} cannot be read: {error.strerror}.") from error
        return found.hexdigest()

    def lines(self) -> Iterator[LedgerLine]:
        """The rows that the mapping means, one after the other. Raises LedgerFileError."""
        for line, row in self._rows():
            named = _named(row, self.mapping)
            try:
                if any(_UNDECODED.search(text) for text in row.values()):
                    raise UnreadableRow("unreadable_bytes", f"The row holds what is no {self.mapping.encoding}.")
                if not self.mapping.means(row):
                    continue
                yield LedgerLine(line, _customer(line, row, self.mapping), _row(line, row, self.mapping),
                                 external_id=named)
            except DomainError as why:
                yield LedgerLine(line, None, None, why, named)
            except KeyError:
                yield LedgerLine(line, None, None, UnreadableRow("short_row", "The row has too few columns."), named)

    def _rows(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        begins = 1
        try:
            with self._text() as text:
                reader = csv.reader(text, delimiter=self.mapping.delimiter, strict=True)
                header = next(reader, [])
                self._check(header)
                begins = reader.line_num + 1
                for cells in reader:
                    if cells:
                        yield begins, dict(zip(header, cells, strict=False))
                    begins = reader.line_num + 1
        except (OSError, EOFError, zlib.error, UnicodeError, LookupError, csv.Error) as error:
            raise LedgerFileError(f"{self.path} cannot be read as CSV in {self.mapping.encoding}, "
                                  f"in the row that begins on line {begins}: {error}.") from error

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        with self.path.open("rb") as raw:
            packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            with io.TextIOWrapper(gzip.open(raw) if packed else raw, self.mapping.encoding, "surrogateescape",
                                  newline="") as text:
                yield text

    def _check(self, header: list[str]) -> None:
        if any(map(_UNDECODED.search, header)):
            raise csv.Error("its header holds other bytes")
        if missing := sorted(self.mapping.columns - set(header)):
            raise LedgerFileError(f"{self.path} has no column {missing[0]}; it has {', '.join(header)}.")


def _customer(line: int, row: Mapping[str, str], mapping: LedgerMapping) -> dict[str, Any]:
    said = {name: _short(text_of(field, row)) for name, field in mapping.customer.items()}
    if not _DAYS.fullmatch(said["due_days"]):
        raise UnreadableRow("unreadable_days", "The customer's terms are no number of days.")
    filled = {name: text for name, text in said.items() if text}
    return filled | {"line": line, "external_id": said["external_id"], "due_days": int(said["due_days"]),
                     "name": said["name"] or said["external_id"]}


def _named(row: Mapping[str, str], mapping: LedgerMapping) -> str:
    """How the report names the row, whatever else of it is wrong."""
    for part in (mapping.invoice, mapping.payment):
        try:
            text = text_of(part.get("external_id"), row)
        except KeyError:
            continue
        if text and not _UNDECODED.search(text):
            return text[:MAX_TEXT]
    return ""


def _row(line: int, row: Mapping[str, str], mapping: LedgerMapping) -> dict[str, Any]:
    """A part whose first text is empty is not there: an invoice without id, a payment without a day."""
    told = {name: _short(text_of(field, row)) for name, field in mapping.invoice.items()}
    paid = {name: _short(text_of(field, row)) for name, field in mapping.payment.items()}
    currency = (told.get("currency") or paid.get("currency") or "").upper()
    said: dict[str, Any] = {"line": line, "currency": currency,
                            "customer_external_id": text_of(mapping.customer["external_id"], row)}
    if told.get("external_id"):
        said["invoice"] = {
            "external_id": told["external_id"], "amount": _amount(told["amount"], currency, mapping),
            "issued_on": _day(told["issued_on"], mapping.dates), "due_on": _day(told["due_on"], mapping.dates)}
    if paid.get("received_on"):
        said["payment"] = {
            "external_id": paid.get("external_id") or told.get("external_id", ""),
            "invoice_external_id": (paid.get("invoice") or told.get("external_id")) or None,
            "amount": _amount(paid.get("amount") or told.get("amount", ""), currency, mapping),
            "received_on": _day(paid["received_on"], mapping.dates), "method": paid.get("method") or METHOD}
    return said


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise UnreadableRow("text_too_long", f"A text has more than {MAX_TEXT} characters.")
    return text


def _amount(text: str, currency: str, mapping: LedgerMapping) -> str:
    """With exactly the currency's digits: 24254.0 is 24254.00, and 0.125 in a currency of two digits is refused."""
    whole_text, mark, part_text = text.partition(mapping.decimal)
    groups = whole_text.split(mapping.thousands) if mapping.thousands else [whole_text]
    in_threes = len(groups[0].lstrip("+-")) in (1, 2, 3) and all(len(group) == 3 for group in groups[1:])
    grouped = len(groups) == 1 or in_threes
    found = _AMOUNT.fullmatch("".join(groups) + ("." if mark else "") + part_text) if grouped else None
    if found is None:
        raise UnreadableRow("unreadable_amount", "This is no amount as the mapping writes them.")
    sign, whole, part = found[1].replace("+", ""), found[2].lstrip("0") or "0", found[3] or ""
    digits = exponent_of(currency)
    if part[digits:].strip("0"):
        raise UnreadableRow("excess_digits", f"An amount in {currency} has at most {digits} digits after the point.")
    return f"{sign}{whole}.{part[:digits].ljust(digits, '0')}" if digits else sign + whole


@lru_cache(maxsize=10_000)
def _day(text: str, forms: tuple[str, ...]) -> str:
    for form in forms:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  a day without a zone
        except ValueError:
            continue
    raise UnreadableRow("unreadable_date", "This is no date in any of the mapping's forms.")
