"""What a relay shows to operators: whether it leads, what waits, what was sent, and why it stands."""

from collections.abc import Sequence
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from dunlin_events.relay_state import LogLost, Restored

PUBLISHED = Counter("dunlin_relay_published_events", "Facts the bus has confirmed", ["topic"])
FAILURES = Counter("dunlin_relay_failures", "Times the relay had to begin again", ["topic"])
AGE = Gauge("dunlin_outbox_oldest_unsent_seconds", "Age of the oldest fact that is not on the bus", ["topic"])
UNSENT = Gauge("dunlin_outbox_unsent_events", "Facts not on the bus yet, at most", ["topic"])
LEADS = Gauge("dunlin_relay_leader", "1 where the sending relay runs", ["topic"])
RESTORED = Gauge("dunlin_relay_restored", "1 while a restored database waits for `relay rebase`", ["topic"])
LOG_LOST = Gauge("dunlin_relay_log_lost", "1 while the log ends before what the bus had confirmed", ["topic"])
LOG = structlog.get_logger(__name__)


class Shown:
    """The figures of one topic's relay."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        FAILURES.labels(topic)  # at zero: from no value to one is no increase

    def leads(self, epoch: int) -> None:
        RESTORED.labels(self._topic).set(0)
        LEADS.labels(self._topic).set(1)
        LOG.info("relay_leads", topic=self._topic, epoch=epoch)

    def log_is_whole(self) -> None:
        LOG_LOST.labels(self._topic).set(0)

    def leads_no_more(self) -> None:
        LEADS.labels(self._topic).set(0)

    def follows(self) -> None:
        for gauge in (AGE, UNSENT, RESTORED, LOG_LOST, LEADS):
            gauge.labels(self._topic).set(0)

    def waits(self, ids: Sequence[int], rows: Sequence[Any], last_id: int) -> None:
        """What waits, given the first page of it and the highest id there is."""
        AGE.labels(self._topic).set(max((0.0, *(row["age"] for row in rows))))
        UNSENT.labels(self._topic).set(max(len(ids), last_id - ids[0] + 1) if ids else 0)

    def sent(self, facts: int) -> None:
        PUBLISHED.labels(self._topic).inc(facts)

    def failed(self, broken: BaseException, wait: float) -> None:
        FAILURES.labels(self._topic).inc()
        if isinstance(broken, Restored):
            RESTORED.labels(self._topic).set(1)
            LOG.error("relay_stands_after_restore", topic=self._topic, error=str(broken), remedy="relay rebase")
        elif isinstance(broken, LogLost):
            LOG_LOST.labels(self._topic).set(1)
            LOG.error("relay_stands_after_loss", topic=self._topic, error=str(broken), remedy="relay rebase")
        else:
            LOG.warning("relay_begins_again", topic=self._topic, error=repr(broken), wait_seconds=wait)
