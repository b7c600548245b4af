"""How much a slice of a long run takes at once: by how long the last one took, so that no lock is held for long."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from dunlin_kit.database import Database
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
LONG_SECONDS = 0.05
FIRST_PART = 4


class Pace:
    """`size` is half as much after a slice that took long, and twice as much after a quick one, up to `most`.

    It stays at `least`, where what each slice costs whatever its size would outweigh what it does.
    """

    def __init__(self, most: int, least: int = 1) -> None:
        self._most, self._least, self.size = most, least, max(least, most // FIRST_PART)

    async def take(self, database: Database, tenant: UUID, work: Callable[[Transaction, int], Awaitable[T]]) -> T:
        """One slice of `size` in a transaction of its own."""
        size, began = self.size, perf_counter()

        async def one(tx: Transaction) -> T:
            return await work(tx, size)

        taken = await database.transact(tenant, one)
        self.went(perf_counter() - began)
        return taken

    def went(self, seconds: float) -> None:
        """A slice took so long."""
        if seconds > LONG_SECONDS:
            self.size = max(self._least, self.size // 2)
        elif seconds < LONG_SECONDS / 2:
            self.size = min(self._most, self.size * 2)

    def refused(self) -> None:
        """A slice came to nothing: the part of it that is refused is looked for in a smaller one, down to one."""
        self.size = max(1, self.size // FIRST_PART)
