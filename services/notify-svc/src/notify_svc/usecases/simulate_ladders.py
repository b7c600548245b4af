"""Run ladders over a past period and compare what they would have sent."""

from dataclasses import dataclass
from datetime import date

from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.domain.simulation import Simulated, check_period, simulate
from notify_svc.store import stories


@dataclass(frozen=True, slots=True)
class SimulateLadders:
    """The period, its last day included, and the ladders to be compared."""

    begin: date
    end: date
    policies: tuple[LadderPolicy, ...]


async def simulate_ladders(tx: Transaction, command: SimulateLadders) -> list[Simulated]:
    """One result per ladder, by the same facts. Refuses: tenant_not_known_yet, bad_period."""
    tenant = await present(tx)
    check_period(command.begin, command.end)
    told = await stories.stories_until(tx, command.end, tenant.zone)
    return [simulate(policy, told, begin=command.begin, end=command.end) for policy in command.policies]
