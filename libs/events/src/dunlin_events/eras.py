"""Eras: what `relay rebase` begins, the token no other restore has, and the record that says all was told again."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import DateTime, Integer, Text, Uuid, func
from sqlmodel import Field, SQLModel

from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.topics import PARTITIONS, owner_of, partition_of
from dunlin_kernel.ids import NIL

_ERA_TOLD: Final = ".EraTold.v1"
_PRESENT = "SELECT era, token, begun_at FROM relay_era ORDER BY era DESC LIMIT 1"


class RelayEraColumns(SQLModel):
    """`relay_era`: each era begun by `relay rebase`, when, and by whom; no other restore has its token."""

    era: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    token: UUID = Field(sa_type=Uuid)
    begun_at: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})
    begun_by: str = Field(sa_type=Text)


class Era(NamedTuple):
    """What `relay rebase` began."""

    number: int
    token: UUID
    begun_at: datetime

    def endings(self, owner: str) -> list[Record]:
        """One record for each partition, to follow the last fact that the era begins with.

        In each partition it is in a stream of its own, of which it is the only record. Its id is made of the era's
        token, so that it is the same when it is sent again, and another one in any other restore.
        """
        return [self._ending(owner, part) for part in range(PARTITIONS)]

    def _ending(self, owner: str, part: int) -> Record:
        own = next(one for one in _made_of(self.token) if partition_of(stream_of(NIL, one)) == part)
        envelope = Envelope(
            own, f"dunlin.{owner}{_ERA_TOLD}", f"/dunlin/{owner}", stream_of(NIL, own), self.number, 1, self.begun_at,
            self.begun_at, str(self.token))
        said = {"era": self.number, "part": part, "parts": PARTITIONS}
        return Record(envelope.stream, envelope.headers(), json.dumps(said).encode())


def says_all_was_told(wire_type: str) -> bool:
    """Whether a record of this type says that an era was told in full; it is no fact."""
    return wire_type.endswith(_ERA_TOLD)


async def endings(connection: asyncpg.Connection, topic: str) -> list[Record]:
    """Those of the present era; none in the first one, which nothing was told before."""
    found = await connection.fetchrow(_PRESENT)
    return [] if found is None else Era(*found).endings(owner_of(topic))


def _made_of(token: UUID) -> Iterator[UUID]:
    return (UUID(int=token.int ^ n) for n in count())
