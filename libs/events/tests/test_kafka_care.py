"""Reading with care goes on as usual for a member that has no partition any more."""

from typing import Any

from dunlin_events.kafka_care import Care


class WithoutPartitions:
    """A client whose partitions are another member's by now; it counts how often it is asked."""

    asked = 0

    def assignment(self) -> set[Any]:
        return set()

    async def getmany(self, **_: int) -> dict[Any, Any]:
        self.asked += 1
        return {}


async def test_a_member_without_partitions_polls_its_client_and_remains_careful() -> None:
    care, client = Care(), WithoutPartitions()
    care.needed = True
    assert await care.getmany(client, 100, 10) == {}
    assert client.asked == 1 and care.needed
