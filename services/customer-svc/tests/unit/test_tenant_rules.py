"""Tenants: currency and zone are known ones, and a sandbox's clock goes forward, day by day at most."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.tenant import Tenant, clock_moved, next_turn_of_day
from dunlin_kernel.clock import date_in
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import TenantId, new_id

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia", "America/Sao_Paulo", "UTC"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "bad_name"), ({"currency": "XXX"}, "unknown_currency"), ({"zone": "China"}, "unknown_zone"),
        ({"sandbox": False}, "clock_of_real_tenant"), ({"clock_at": None}, "clock_missing"),
        ({"clock_at": datetime(1980, 1, 1, tzinfo=UTC)}, "clock_out_of_range"),
    ],
)
def test_what_is_refused(change: dict[str, Any], code: str) -> None:
    given_values: dict[str, Any] = {
        "id": TenantId(new_id()), "name": "Demo", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True,
        "clock_at": AT}
    Tenant(**given_values)
    with pytest.raises(DomainError) as refused:
        Tenant(**(given_values | change))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("clock_at", "to", "code"),
    [
        (None, AT, "not_a_sandbox"), (AT, AT, "clock_runs_backwards"),
        (AT, AT - timedelta(seconds=1), "clock_runs_backwards"),
        (AT, datetime(2026, 1, 5, 16, 0, 1, tzinfo=UTC), "clock_too_far"),
    ],
)
def test_advances_that_are_refused(clock_at: datetime | None, to: datetime, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        clock_moved(clock_at, "Asia/Shanghai", to)
    assert refused.value.code == code


def test_an_advance_may_reach_the_turn_of_the_day() -> None:
    turn = datetime(2026, 1, 5, 16, tzinfo=UTC)
    assert clock_moved(AT, "Asia/Shanghai", turn) == turn
    assert next_turn_of_day("Asia/Shanghai", turn) == turn + timedelta(days=1)


@given(st.sampled_from(ZONES), st.integers(0, 30 * 365 * 86400))
def test_the_turn_is_the_first_instant_of_the_next_date(zone: str, seconds: int) -> None:
    now = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    turn = next_turn_of_day(zone, now)
    assert turn > now
    assert date_in(zone, turn) > date_in(zone, now)
    assert date_in(zone, turn - timedelta(microseconds=1)) <= date_in(zone, now)
