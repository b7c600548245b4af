"""The demonstration company: made once, through customer-svc's own operation, with an operator's token."""

from dataclasses import dataclass

import httpx

from dunlin_kernel.ids import new_id
from dunlin_local.clients import CLIENTS, secret_of
from dunlin_local.places import data_folder, remember, remembered

COMPANY = {"name": "Dunlin Demonstration 示例公司", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person at the terminal needs: where it runs, whose books, and a token for them."""

    url: str
    tenant: str
    token: str


async def demonstration(url: str) -> Shown:
    """Make the company unless it is there, and a token of twelve hours with all scopes."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        tenant = remembered("demonstration").get("tenant") or await _made(client)
        remember("demonstration", {"tenant": tenant})
        form = {"tenant": tenant, "expires_in": str(12 * 3600)}
        return Shown(url, tenant, await _token(client, "demonstration", form))


async def _made(client: httpx.AsyncClient) -> str:
    token = await _token(client, "operator", {})
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
    answer = await client.post("/customer/v1/tenants", json=COMPANY, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["id"])


async def _token(client: httpx.AsyncClient, client_id: str, form: dict[str, str]) -> str:
    secret = secret_of(data_folder() / "issuer", CLIENTS[client_id].id)
    answer = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials"} | form, auth=(client_id, secret)
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
