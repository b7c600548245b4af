"""The contact policy over HTTP: the usual one, a new version, refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dunlin_kit.testing import Running

PATH, AT = "/notify/v1/contact-policy", datetime(2026, 1, 5, 2, tzinfo=UTC)
NIGHT: dict[str, Any] = {"min_days_between": 3, "quiet_from": "21:30", "quiet_until": "07:00"}


async def test_it_is_read_and_set_as_a_new_version(service: Running) -> None:
    tenant = await service.tenant(at=AT)
    read = service.headers(tenant, "reminders:read", key=None)
    usual = await service.client.get(PATH, headers=read)
    assert (usual.status_code, usual.headers["etag"]) == (200, '"1"')
    assert usual.json() == {"version": 1, "min_days_between": 0, "quiet_from": "20:00", "quiet_until": "08:00",
                            "set_by": None, "set_at": None}
    write = service.headers(tenant, "reminders:write") | {"If-Match": '"1"'}
    answer = await service.client.put(PATH, json=NIGHT, headers=write)
    assert (answer.status_code, answer.headers["etag"], answer.json()["set_by"]) == (200, '"2"', "clerk")
    assert (await service.client.get(PATH, headers=read)).json() == answer.json()
    stale = await service.client.put(PATH, json=NIGHT, headers=service.headers(tenant, "reminders:write") | {
        "If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag_mismatch")


@pytest.mark.parametrize(("change", "code"), [
    ({"quiet_until": None}, "bad_contact_policy"), ({"quiet_until": "21:30"}, "bad_contact_policy"),
    ({"min_days_between": 61}, "invalid_request"), ({"quiet_from": "24:00"}, "invalid_request")])
async def test_what_is_no_policy_is_refused(service: Running, change: dict[str, Any], code: str) -> None:
    tenant = await service.tenant(at=AT)
    headers = service.headers(tenant, "reminders:write") | {"If-Match": '"1"'}
    answer = await service.client.put(PATH, json=NIGHT | change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
