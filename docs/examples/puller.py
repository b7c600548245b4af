"""Ask billing-svc for its facts over HTTP, and keep what each customer owes.

python puller.py --url http://localhost:8000/billing/v1/events --books books.sqlite      (token: DUNLIN_TOKEN)
"""

import argparse
import os
import time
from typing import Any

import httpx
from books import Books

PAUSE_SECONDS = 1.0


class EraEnded(Exception):
    """The owner was restored: what was told is told again from the first fact on."""


def ask(client: httpx.Client, url: str, after: str | None) -> dict[str, Any]:
    """One page. What is only away for now is asked again; other refusals are raised. Raises EraEnded."""
    while True:
        try:
            answer = client.get(url, params={"limit": 200} | ({"after": after} if after else {}))
        except httpx.TransportError as away:
            print(f"AWAY {away!r}", flush=True)
            time.sleep(PAUSE_SECONDS)
            continue
        if answer.status_code in (429, 503) or answer.headers.get("Retry-After"):
            time.sleep(float(answer.headers.get("Retry-After", PAUSE_SECONDS)))
            continue
        if answer.status_code == 409 and answer.json()["code"] == "era_ended":
            raise EraEnded
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--books", required=True, help="the SQLite file")
    parser.add_argument("--once", action="store_true", help="stop when there is nothing more")
    given = parser.parse_args()
    books = Books(given.books)
    with httpx.Client(headers={"Authorization": f"Bearer {os.environ['DUNLIN_TOKEN']}"}, timeout=30) as client:
        while True:
            try:
                page = ask(client, given.url, books.cursor(given.url))
            except EraEnded:
                print("ERA the owner was restored: reading again from the first fact on", flush=True)
                books.begin_again(given.url)
                continue
            books.hear(page["data"], feed=given.url, cursor=page["next_cursor"], is_all=not page["has_more"])
            for hole in books.holes():
                print(f"HOLE {hole}", flush=True)
            if not page["has_more"]:
                if given.once:
                    return
                time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
