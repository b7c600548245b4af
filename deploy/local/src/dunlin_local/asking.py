"""`./dunlin token`: asks the running issuer for an access token, with the secret kept beside its key."""

import argparse
import os
from typing import Any

import httpx

from dunlin_local.clients import CLIENTS, HOUR, Client, secret_of
from dunlin_local.places import data_folder, remembered
from dunlin_local.terminal import give_up

USUAL_HOURS = 12


def run(arguments: argparse.Namespace) -> int:
    """Print one token on standard output, and nothing else there."""
    url = arguments.issuer or remembered("running").get("url")
    if not url:
        give_up("Dunlin is not running here. Start it with ./dunlin up, or name an issuer with --issuer.")
    client = CLIENTS["operator" if arguments.operator else "demonstration"]
    print(ask(url, client.id, _form(arguments, client)))
    return 0


def _form(arguments: argparse.Namespace, client: Client) -> dict[str, str]:
    """All that was asked for: what is not for this client, the issuer refuses."""
    tenant = arguments.tenant or (client.of_a_tenant and remembered("demonstration").get("tenant"))
    if client.of_a_tenant and not tenant:
        give_up("There is no demonstration company yet. Name a tenant with --tenant.")
    longest = client.longest_seconds // HOUR
    hours = min(USUAL_HOURS, longest) if arguments.hours is None else arguments.hours
    if not 0 < hours <= longest:
        bounds = "1 hour" if longest == 1 else f"1 to {longest} hours"
        whose = "A" if client.of_a_tenant else "An operator's"
        give_up(f"{whose} token is valid for {bounds}, not for {hours}.")
    asked = {"tenant": tenant, "scope": arguments.scope, "subject": arguments.subject}
    return {"expires_in": str(hours * HOUR)} | {name: value for name, value in asked.items() if value}


def ask(url: str, client_id: str, form: dict[str, str]) -> str:
    """A token from the issuer at `url`; ends the program with a sentence where there is none to be had."""
    client = CLIENTS[client_id]
    secret = os.environ.get("DUNLIN_CLIENT_SECRET") or secret_of(data_folder() / "issuer", client.id)
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/oauth/token",
            data={"grant_type": "client_credentials"} | form,
            auth=(client.id, secret),
            timeout=10,
        )
        said: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        give_up(f"No issuer answers at {url}. Start Dunlin with ./dunlin up.")
    if answer.status_code != 200:
        give_up(f"The issuer refuses: {said.get('error_description', said)}.")
    return str(said["access_token"])
