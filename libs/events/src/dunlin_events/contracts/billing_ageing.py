"""What billing-svc tells of its ageing: by which buckets a tenant reads how old its debts are."""

from typing import ClassVar

from pydantic import Field

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import OWNER


class AgeingPolicySet(Event):
    """A tenant's buckets of ageing from now on; the greatest version is in force, before the first 30, 60 and 90."""

    owner: ClassVar[str] = OWNER
    version: int = Field(ge=1)
    edges: list[int] = Field(min_length=1, description="The last day past due of each bucket but the open one, rising.")
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"version": 1, "edges": [30, 60, 90]}, {"version": 2, "edges": [15, 45]})
