"""One key, one effect, one answer: the answer is stored with the effect, and a repeated key is given it again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import DateTime, LargeBinary, SmallInteger, Text, Uuid, bindparam, column, func, select, table
from sqlmodel import Field, SQLModel

from dunlin_kit.handling import Sent
from dunlin_kit.headers import Json, header
from dunlin_kit.problems import Refusal
from dunlin_kit.transaction import Transaction

HEADER = b"idempotency-key"
REPLAYED = (b"idempotency-replayed", b"true")


class IdempotencyColumns(SQLModel):
    """`idempotency_key`: what was answered to a key; successes only."""

    key: str = Field(primary_key=True, sa_type=Text)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    status: int = Field(sa_type=SmallInteger)
    etag: str | None = Field(sa_type=Text)
    location: str | None = Field(sa_type=Text)
    streams: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()}, index=True
    )


KEYS = table(
    "idempotency_key",
    column("tenant_id", Uuid),
    column("key", Text),
    column("fingerprint", LargeBinary),
    column("status", SmallInteger),
    column("etag", Text),
    column("location", Text),
    column("streams", Text),
    column("body", LargeBinary),
)
_FIND = select(KEYS.c.fingerprint, KEYS.c.status, KEYS.c.etag, KEYS.c.location, KEYS.c.streams, KEYS.c.body).where(
    KEYS.c.key == bindparam("key")
)


class Answer(NamedTuple):
    """What is sent, and the streams whose positions go with it."""

    response: Response
    streams: tuple[str, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key and the fingerprint of the request that it names."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, request: Request, sent: Sent) -> "IdempotencyKey | None":
        """Refuses: idempotency_key_missing (400, a POST without one), idempotency_key_malformed."""
        key = header(request, HEADER)
        if key is None:
            return None
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise Refusal(400, "idempotency_key_malformed", "An Idempotency-Key has 1 to 255 printable characters.")
        scope = request.scope
        named = f"{request.method} {scope['path']}?{_meant(scope['query_string'].decode('latin-1'))}\n".encode()
        return cls(key, hashlib.sha256(named + sent.canonical()).digest())

    async def answered(self, tx: Transaction) -> Answer | None:
        """The first answer to this key. Refuses: idempotency_key_reused (the key named another request)."""
        found = await tx.row(_FIND, key=self.key)
        if found is None:
            return None
        if found["fingerprint"] != self.fingerprint:
            raise Refusal(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.")
        told = [(name.encode(), found[name].encode()) for name in ("etag", "location") if found[name] is not None]
        response = Json(found["body"], found["status"], [*told, REPLAYED])
        return Answer(response, tuple(filter(None, found["streams"].split(","))), True)

    def remember(self, tx: Transaction, response: Response, streams: tuple[str, ...]) -> None:
        """Gather the answer's bytes with the key, which nobody has stored before."""
        told = dict(response.raw_headers)
        tx.insert(
            KEYS,
            {
                "key": self.key,
                "fingerprint": self.fingerprint,
                "status": response.status_code,
                "etag": _text(told.get(b"etag")),
                "location": _text(told.get(b"location")),
                "streams": ",".join(streams),
                "body": bytes(response.body),
            },
        )


def _meant(query: str) -> str:
    """Without `min_position`: how long an answer may be waited for does not make it another request."""
    if not query:
        return query
    return "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != "min_position")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
