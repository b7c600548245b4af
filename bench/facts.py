"""Facts told to services without a bus: tenants and customers, as customer-svc would have told them."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from uuid import UUID

from bench.company import CURRENCY, ZONE
from bench.stage import Stage

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import (
    CustomerKind,
    CustomerRegistered,
    CustomerStatus,
    TenantConfigured,
    TermsOfTrade,
)
from dunlin_kit.database import Database
from dunlin_kit.testing import tell

AT_ONCE = 500


def _registered(customers: Sequence[UUID], names: Mapping[UUID, str]) -> Iterator[Event]:
    for number, customer in enumerate(customers):
        yield CustomerRegistered(
            customer_id=customer, number=f"C-{number:06d}", kind=CustomerKind.ORGANIZATION, name=f"贸易 {number}",
            status=CustomerStatus.ACTIVE, tax_id=None, region=None, industry=None, external_id=names.get(customer),
            terms=TermsOfTrade(due_days=30, end_of_month=False))


async def told(
    stage: Stage, service: str, tenant: UUID, customers: Sequence[UUID], *, names: Mapping[UUID, str] | None = None,
) -> None:
    """A tenant and its customers, folded into one service's database by its own handlers; `names` are external ids."""
    database = Database(stage.databases.url(service, "app"), source=f"/dunlin/{service}", pool_size=1)
    subscription = import_module(f"{service}_svc.consumers.customer").customer
    configured = TenantConfigured(name="Bench", currency=CURRENCY, zone=ZONE, sandbox=False, clock_at=None)
    await tell(database, subscription, tenant, configured)
    facts = list(_registered(customers, names or {}))
    for first in range(0, len(facts), AT_ONCE):
        await tell(database, subscription, tenant, *facts[first:first + AT_ONCE])
    await database.close()
