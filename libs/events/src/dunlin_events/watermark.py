"""The watermark: up to which event of each stream a consumer has come. It is the inbox, and it locks the stream."""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, Uuid
from sqlmodel import Field, SQLModel

HOLE: Final = "hole"
"""An event before the waiting ones has not come; it is applied when it comes."""
ERA: Final = "era"
"""The owner was restored from a backup: an operator must accept the new era."""
POISON: Final = "poison"
"""The first waiting event can never work: an operator must retry or skip it."""
UNREADY: Final = "unready"
"""The first waiting event needs something that is on its way; it is tried again by itself."""


class WatermarkColumns(SQLModel):
    """The columns of `watermark`. `held` says why the stream stands still: hole, era, poison, unready."""

    consumer: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(primary_key=True, sa_type=Text)
    stream: str = Field(primary_key=True, sa_type=Text)
    era: int = Field(sa_type=Integer)
    sequence: int = Field(sa_type=BigInteger)
    event_id: UUID = Field(sa_type=Uuid)
    held: str | None = Field(default=None, sa_type=Text)


class Mark(NamedTuple):
    """How far one stream was read; sequence 0 before its first event."""

    era: int
    sequence: int
    event_id: UUID
    held: str | None
