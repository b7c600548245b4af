"""What the one process does with the socket it is given."""

import asyncio
import socket
from pathlib import Path

from dunlin_kernel.clock import SystemClock
from dunlin_local.issuer import Issuer
from dunlin_local.single_node import SingleNode


async def test_no_answer_waits_for_the_acknowledgement_of_its_first_part(tmp_path: Path) -> None:
    """What is accepted on a listening socket takes its options."""
    stop, ready = asyncio.Event(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        node = SingleNode({}, Issuer(tmp_path, name="http://localhost", clock=SystemClock()))
        running = asyncio.create_task(node.run(listening, stop, ready))
        await ready.wait()
        with socket.create_connection(listening.getsockname()):
            assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stop.set()
        await running
