"""Key figures of collecting over HTTP: definition and inputs come with each, and a period has an order."""

from datetime import UTC, datetime

from dunlin_kit.testing import Running

AT = datetime(2026, 2, 10, 2, tzinfo=UTC)


async def test_each_figure_says_what_it_rests_on(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, "collections:read")
    said = await service.client.get("/notify/v1/kpis?period=quarter&count=2", headers=headers)
    assert said.status_code == 200
    first, last = said.json()["data"]
    assert (first["period_from"], first["period_to"], last["period_to"]) == ("2025-10-01", "2025-12-31", "2026-02-10")
    assert last["figures"] == {"kept": 0, "broken": 0, "settled": 0, "reminders": 0}
    assert [(one["kpi"], one["unit"], one["value"], one["inputs"]) for one in last["kpis"]] == [
        ("promise_kept_rate", "percent", None, ["kept", "broken"]),
        ("reminders_per_settled_item", "times", None, ["reminders", "settled"])]
    assert all(one["definition"] for one in last["kpis"])
    owners = await service.client.get("/notify/v1/kpis-by-owner?to=2026-02-10", headers=headers)
    assert owners.json() == {"period_from": "2026-02-01", "period_to": "2026-02-10", "data": []}
    wrong = await service.client.get("/notify/v1/kpis?from=2026-02-02&to=2026-02-01", headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "period_reversed")
