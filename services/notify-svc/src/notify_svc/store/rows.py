"""The base of every table of this service: its own registry, its own metadata, one naming convention."""

from typing import ClassVar

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from dunlin_kit.migrating import NAMES


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """A row of notify-svc. Money columns are minor units of the `currency` beside them."""

    __table__: ClassVar[Table]
