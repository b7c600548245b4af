"""Notices over HTTP: listed newest first, narrowed, in pages; another tenant sees none."""

from datetime import UTC, date, datetime

from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, tell
from dunlin_kit.transaction import Transaction
from notify_svc.consumers.customer import customer as customers
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import Notice, NoticeKind
from notify_svc.store import notices

PATH, AT = "/notify/v1/notices", datetime(2026, 1, 5, 2, tzinfo=UTC)


async def test_what_left_is_listed_newest_first(service: Running) -> None:
    tenant, customer = await service.tenant(at=AT), new_id()
    await tell(service.database, customers, tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": customer, "number": "C-1", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=customer, owner_id=new_id(), owner_code="S-17"), at=AT)
    told = [
        Notice(new_id(), NoticeKind.STATEMENT, "s1", customer, None, date(2026, 1, 5), MessageStatus.SENT),
        Notice(new_id(), NoticeKind.OWNER_DIGEST, "S-17:2026-01-05", None, "S-17", date(2026, 1, 5),
               MessageStatus.SUPPRESSED, "no_contact")]

    async def keep(tx: Transaction) -> None:
        for one in told:
            notices.keep(tx, one)

    await service.database.transact(tenant, keep)
    headers = service.headers(tenant, "reminders:read", key=None)
    first = (await service.client.get(PATH, params={"limit": 1}, headers=headers)).json()
    assert [(one["kind"], one["staff_code"], one["reason"]) for one in first["data"]] == [
        ("owner_digest", "S-17", "no_contact")]
    rest = (await service.client.get(PATH, params={"limit": 1, "cursor": first["next_cursor"]}, headers=headers)).json()
    assert [(one["key"], one["number"], one["name"], one["owner_code"]) for one in rest["data"]] == [
        ("s1", "C-1", "Heron", "S-17")]
    assert [first["data"][0][name] for name in ("number", "name", "owner_code")] == [None, None, None]
    mine = await service.client.get(PATH, headers=headers, params={
        "customer_id": str(customer), "kind": "statement"})
    assert len(mine.json()["data"]) == 1
    other = service.headers(await service.tenant(at=AT), "reminders:read", key=None)
    assert (await service.client.get(PATH, headers=other)).json()["data"] == []
