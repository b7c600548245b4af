"""A load client on raw asyncio and httptools, in a process of its own: closed loop, open loop at a rate, or a burst.

Reads what to do as JSON on standard input, writes what it saw as JSON on standard output.
"""

import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter, time
from typing import Any, cast

import httptools
import uvloop


class Connection(asyncio.Protocol):
    """One kept-open connection: a request, then its answer."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[int] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self.answered is not None
        self.answered.set_result(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(error or ConnectionError("closed"))

    async def send(self, request: bytes) -> int:
        """The status of the answer."""
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionError("closed")
        self.answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self.answered


class Seen:
    """Latencies in seconds, and how many were not answered 2xx or not at all."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.refused = self.broken = 0

    async def send(self, connection: Connection, request: bytes, since: float) -> None:
        try:
            status = await connection.send(request)
        except (OSError, httptools.HttpParserError):
            self.broken += 1
            return
        self.latencies.append(perf_counter() - since)
        self.refused += status >= 300

    def told(self, seconds: float) -> dict[str, Any]:
        ordered = sorted(self.latencies) or [0.0]
        at = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99, 1.0)}
        return {"count": len(self.latencies), "seconds": seconds, "refused": self.refused, "broken": self.broken,
                "p50_ms": at[0.5], "p99_ms": at[0.99], "max_ms": at[1.0]}


def requests_of(file: str) -> list[bytes]:
    """The last one first: they are popped."""
    data, found, at = Path(file).read_bytes(), [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        length = int(data[at:end])
        found.append(data[end + 1:end + 1 + length])
        at = end + 1 + length
    return found[::-1]


async def main(asked: dict[str, Any]) -> dict[str, Any]:
    loop, seen = asyncio.get_running_loop(), Seen()
    ready = [requests_of(target["file"]) for target in asked["targets"]]
    wanted = asked.get("burst") or asked["connections"]
    pairs = []
    for number in range(wanted):
        at = number % len(ready)
        _, connection = await loop.create_connection(Connection, "127.0.0.1", asked["targets"][at]["port"])
        pairs.append((connection, ready[at]))
    began, started = time(), perf_counter()
    if asked.get("burst"):
        await asyncio.gather(*(seen.send(connection, requests.pop(), started) for connection, requests in pairs))
    elif asked.get("rate"):
        await _at_rate(seen, pairs, asked["rate"], asked["seconds"])
    else:
        await asyncio.gather(*(_closed(seen, pair, started + asked["seconds"]) for pair in pairs))
    return {**seen.told(perf_counter() - started), "began": began}


async def _closed(seen: Seen, pair: tuple[Connection, list[bytes]], until: float) -> None:
    connection, requests = pair
    while requests and perf_counter() < until:
        await seen.send(connection, requests.pop(), perf_counter())


async def _at_rate(seen: Seen, pairs: list[tuple[Connection, list[bytes]]], rate: float, seconds: float) -> None:
    """Each request has its moment; it waits for a free connection, and its latency counts from that moment."""
    free: asyncio.Queue[tuple[Connection, list[bytes]]] = asyncio.Queue()
    for pair in pairs:
        free.put_nowait(pair)
    started, running = perf_counter(), set()
    for number in range(int(rate * seconds)):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - perf_counter()))
        task = asyncio.create_task(_one(seen, free, due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def _one(seen: Seen, free: "asyncio.Queue[tuple[Connection, list[bytes]]]", due: float) -> None:
    pair = await free.get()
    if pair[1]:
        await seen.send(pair[0], pair[1].pop(), due)
    free.put_nowait(pair)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(json.loads(sys.stdin.read())))))
