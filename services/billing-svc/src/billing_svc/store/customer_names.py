"""How a row of a list names its customer: number, name and who answers for it, as heard last."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.document_tables import CustomerRow

_c = CustomerRow.__table__.c
NAMES = (_c.number.label("customer_number"), _c.name.label("customer_name"), _c.owner_code)
OF_OWNERS = _c.owner_code == func.any(bindparam("owners", type_=ARRAY(Text)))
"""A condition of lists that are joined with customers: those for whom one of these answers today."""


@dataclass(frozen=True, slots=True)
class Named:
    """A customer in a row of a list; None of what was not heard yet."""

    number: str | None
    name: str | None
    owner_code: str | None


def named(row: Any) -> Named:
    """Of a row that was read with the columns `NAMES`."""
    return Named(row["customer_number"], row["customer_name"], row["owner_code"])
