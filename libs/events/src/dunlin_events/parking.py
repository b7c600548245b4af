"""Parked events: what waits because its stream stands still, and what an operator can do about it."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


class ParkedEventColumns(SQLModel):
    """The columns of `parked_event`: a record as it came over the bus, why it waits, and who skipped it.

    `mark` is `era/sequence`, or the place on the bus of a record without readable headers.
    """

    consumer: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(primary_key=True, sa_type=Text)
    stream: str = Field(primary_key=True, sa_type=Text)
    mark: str = Field(primary_key=True, sa_type=Text)
    era: int | None = Field(default=None, sa_type=Integer)
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    type: str | None = Field(default=None, sa_type=Text)
    headers: str = Field(sa_type=Text)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    reason: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    parked_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
    skipped_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    skipped_by: str | None = Field(default=None, sa_type=Text)
    skipped_why: str | None = Field(default=None, sa_type=Text)
