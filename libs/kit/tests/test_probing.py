"""A worker's probes: they answer while its loop turns, say what the database says, and end with it."""

import asyncio
import socket

import httpx
from fastapi import APIRouter

from dunlin_kit.database import Database
from dunlin_kit.health import probes
from dunlin_kit.probing import answer_probes
from dunlin_kit.testing import Running

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nothing"


async def _answers(toy: Running, router: APIRouter, *paths: str) -> list[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings, stop = toy.settings.model_copy(update={"probe_port": port}), asyncio.Event()
    answering = asyncio.create_task(answer_probes(router, settings, stop))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _until_it_listens(client)
            return [(await client.get(path)).status_code for path in paths]
    finally:
        stop.set()
        await asyncio.wait_for(answering, 30)


async def _until_it_listens(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.get("/livez")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.02)


async def test_a_worker_without_its_database_lives_and_is_not_ready(toy: Running) -> None:
    away = Database(NOWHERE, source="/dunlin/toy")
    assert await _answers(toy, probes(away, None), "/livez", "/readyz", "/openapi.json") == [200, 503, 404]
    await away.close()


async def test_a_worker_that_has_not_reached_the_bus_lives_and_is_not_ready(toy: Running) -> None:
    assert await _answers(toy, probes(toy.database, None, bus=lambda: False), "/livez", "/readyz") == [200, 503]
