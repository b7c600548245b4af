"""The envelope: CloudEvents 1.0 in binary mode, and how a fact becomes a record on a bus and back."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from dunlin_events.contracts.base import FACTS, Event, Heard
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.errors import DomainError

TENANT_STREAM_SUFFIX = ""
"""A tenant's own stream is `tenant:` with nothing after the colon."""


class Record(NamedTuple):
    """What a bus carries: the key decides partition and order. Kafka allows a header without a value."""

    key: str
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


class Undecodable(DomainError):
    """A record that can never be understood here: it is parked, with everything after it in its stream."""


class UnknownValue(Undecodable):
    """A fact that is well but for values which joined a list later: it waits until this hearer is upgraded."""


@lru_cache(maxsize=1024)
def stream_of(tenant: UUID, customer: UUID | None) -> str:
    """`tenant:customer`, or `tenant:` for the tenant's own stream."""
    return f"{tenant}:{customer or TENANT_STREAM_SUFFIX}"


_READ = frozenset(f"ce_{name}" for name in (
    "id", "type", "source", "partitionkey", "era", "sequence", "time", "recordedtime", "correlationid", "causationid",
    "traceparent"))
"""The headers that a hearer looks at; the others are for those who read the bus without us."""


HIGHEST_SEQUENCE, LONGEST_STREAM = 2**63 - 1, 200
"""What a database keeps of a place: a bigint, and a text that is part of a key."""
ERAS_BEGAN, ERAS_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), 5 * 366 * 86_400
"""Eras are seconds since then; clocks may differ by these. A later era is nobody's: there might be none after it."""
_CLOCK = SystemClock()
_NUL = "\0"


def latest_era() -> int:
    """The highest that a record may be of by now."""
    return int((_CLOCK.now() - ERAS_BEGAN).total_seconds()) + ERAS_AHEAD


class About(NamedTuple):
    """What all facts of one request have in common: who says them, when, and what they follow from."""

    source: str
    time: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


def attributes_of(event_id: UUID, wire_type: str, stream: str, about: About) -> dict[str, str]:
    """CloudEvents attributes by the names they have as headers, but for the place in the stream."""
    tenant, _, customer = stream.partition(":")
    return {
        "ce_id": str(event_id),
        "ce_type": wire_type,
        "ce_subject": customer or tenant,
        "ce_dataschema": f"dunlin:schema:{wire_type}",
        "ce_partitionkey": stream,
        "ce_tenantid": tenant,
        **_in_common(about),
    }


@lru_cache(maxsize=64)
def _in_common(about: About) -> dict[str, str]:
    """Those that are not set are left out."""
    said = {
        "ce_specversion": "1.0",
        "ce_source": about.source,
        "ce_time": about.time.isoformat(),
        "content-type": "application/json",
        "ce_correlationid": about.correlation_id,
        "ce_recordedtime": about.recorded_at.isoformat(),
        "ce_causationid": about.causation_id,
        "ce_traceparent": about.traceparent,
    }
    return {name: value for name, value in said.items() if value is not None}


_VALUES_OF_LATER = {"enum", "literal_error"}


@lru_cache(maxsize=1024)
def _tenant(named: str) -> UUID:
    return UUID(named)


class Envelope(NamedTuple):
    """What stands around a fact: who said it, where in its stream, when, and what it follows from."""

    event_id: UUID
    type: str
    source: str
    stream: str
    era: int
    sequence: int
    time: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def tenant_id(self) -> UUID:
        return _tenant(self.stream.partition(":")[0])

    @property
    def owner(self) -> str:
        """The owning service: `billing` of `/dunlin/billing`."""
        return self.source.rsplit("/", 1)[-1]

    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """CloudEvents attributes as headers."""
        return tuple((name, value.encode()) for name, value in self.attributes().items())

    def attributes(self) -> dict[str, str]:
        """CloudEvents attributes by the names they have as headers; those that are not set are left out."""
        about = About(self.source, self.time, self.recorded_at, self.correlation_id, self.causation_id,
                      self.traceparent)  # fmt: skip
        return attributes_of(self.event_id, self.type, self.stream, about) | {
            "ce_era": str(self.era), "ce_sequence": f"{self.sequence:020d}"}  # fmt: skip

    @classmethod
    def of(cls, record: Record) -> "Envelope":
        """Read the headers; one without a value is none. Refuses (Undecodable): missing_header, malformed_header."""
        found = {
            name: value.decode(errors="replace") for name, value in record.headers
            if name in _READ and value is not None}
        try:
            envelope = cls(
                UUID(found["ce_id"]), found["ce_type"], found["ce_source"], found["ce_partitionkey"],
                int(found["ce_era"]), int(found["ce_sequence"]), datetime.fromisoformat(found["ce_time"]),
                datetime.fromisoformat(found["ce_recordedtime"]), found["ce_correlationid"],
                found.get("ce_causationid"), found.get("ce_traceparent"),
            )
        except KeyError as missing:
            raise Undecodable("missing_header", f"The record has no header {missing}.") from None
        except ValueError:
            raise Undecodable("malformed_header", "A header of the record is not of its form.") from None
        if not (1 <= envelope.era <= latest_era() and 1 <= envelope.sequence <= HIGHEST_SEQUENCE):
            raise Undecodable("malformed_header", "Era and sequence begin with 1, and end with the clock and a bigint.")
        if len(envelope.stream) > LONGEST_STREAM or _NUL in "".join(found.values()):
            raise Undecodable("malformed_header", "A header of the record is not of its form.")
        return envelope

    def event(self, payload: bytes | None) -> Event | None:
        """The fact inside; None for a type that is not known here.

        Refuses (Undecodable): undecodable_payload; unknown_value (UnknownValue) where only a list of values grew.
        """
        contract = FACTS.get(self.type)
        if contract is None:
            return None
        try:
            event = contract.read(payload or b"")
        except ValidationError as refused:
            if {error["type"] for error in refused.errors(include_input=False)} <= _VALUES_OF_LATER:
                where = ".".join(map(str, refused.errors()[0]["loc"]))
                raise UnknownValue("unknown_value", f"{self.type}: {where} has a value of a later version.") from None
            raise Undecodable("undecodable_payload", f"The payload is no {self.type}.") from None
        except ValueError:
            raise Undecodable("undecodable_payload", f"The payload is no {self.type}.") from None
        return event.hear(Heard(self.tenant_id, self.event_id, self.sequence, self.recorded_at, self.correlation_id))
