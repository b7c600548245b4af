"""The demonstration company: made once with an operator's token, and filled with 90 days of its life."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import httpx

from dunlin_kernel.ids import new_id
from dunlin_local.clients import CLIENTS, secret_of
from dunlin_local.company_crowd import DAYS
from dunlin_local.company_loading import begins, load
from dunlin_local.company_words import Company
from dunlin_local.databases import SERVICES
from dunlin_local.places import data_folder, remember, remembered
from dunlin_local.terminal import note

COMPANY = {"name": "Dunlin Demonstration 示例公司", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True}
LOOKS, LOOK_SECONDS, LET_GO_SECONDS = 400, 0.05, 2.0
TOKEN_SECONDS = 12 * 3600


class DemonstrationError(Exception):
    """The company cannot be made or is not heard of; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person at the terminal needs: where it runs, whose books, and a token for them."""

    url: str
    tenant: UUID
    token: str


async def demonstration(url: str, *, empty: bool) -> Shown:
    """Make the company unless it is there; return when all services have heard of it. Its sandbox clock is fixed.

    `empty`: its books are not to be filled, now or later.
    """
    tenant = _kept(empty=empty)
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        operator = await _token(client, "operator", {})
        body = COMPANY | {"id": str(tenant), "clock_at": begins().isoformat()}
        answer = await client.post("/customer/v1/tenants", json=body, headers=_headers(operator, key=str(new_id())))
        if answer.status_code != 201 and answer.json().get("code") != "tenant_exists":
            raise DemonstrationError(f"The demonstration company cannot be made: {answer.text}")
        form = {"tenant": str(tenant), "expires_in": str(TOKEN_SECONDS)}
        shown = Shown(url, tenant, await _token(client, "demonstration", form))
        heard = await asyncio.gather(*(_is_heard(client, service, shown.token) for service in SERVICES))
        if not all(heard):
            raise DemonstrationError("Not all services have heard of the demonstration company; the log says why.")
    return shown


def _kept(*, empty: bool) -> UUID:
    """The company of this data folder; one that has books keeps them when it is asked for without, and gets no more."""
    kept = remembered("demonstration")
    tenant, days = kept.get("tenant") or str(new_id()), kept.get("days")
    if not kept or (empty and days is not None):
        remember("demonstration", {"tenant": tenant, "days": None if empty else 0})
    if empty and days:
        note(f"The demonstration company keeps the {days} days of books it has, and gets no more. To begin without, "
             "remove all data with ./dunlin reset.")
    return UUID(tenant)


async def fill(shown: Shown, told: Callable[[int, int], None]) -> None:
    """Live the days that are left of those it is shown with; `told` hears how many are done. Raises CompanyError."""
    first = remembered("demonstration").get("days")
    if first is None or first >= DAYS:
        return

    def done(days: int) -> None:
        remember("demonstration", {"tenant": str(shown.tenant), "days": days})
        told(days, DAYS)

    # A server closes what was idle for 5 s, which is also when the client would: so it lets go of it before.
    async with httpx.AsyncClient(
        base_url=shown.url, timeout=60, limits=httpx.Limits(keepalive_expiry=LET_GO_SECONDS),
    ) as client:

        async def token_of(subject: str) -> str:
            form = {"tenant": str(shown.tenant), "expires_in": str(TOKEN_SECONDS), "subject": subject}
            return await _token(client, "demonstration", form)

        await load(Company(client, shown.tenant, token_of), first, done)


async def _is_heard(client: httpx.AsyncClient, service: str, token: str) -> bool:
    for _ in range(LOOKS):
        answer = await client.get(f"/{service}/v1/test-clock", headers=_headers(token))
        if answer.status_code == 200:
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


def _headers(token: str, *, key: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})


async def _token(client: httpx.AsyncClient, client_id: str, form: dict[str, str]) -> str:
    secret = secret_of(data_folder() / "issuer", CLIENTS[client_id].id)
    answer = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials"} | form, auth=(client_id, secret)
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
