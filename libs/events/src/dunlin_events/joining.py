"""A hearer that joins late begins in the era in which its owner tells by then.

That era has all that the owner ever told and still knows. What earlier eras say besides is no more, and whoever has
heard nothing has nothing to compare with them: they are passed over, and nothing is to be accepted or built again.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import ARRAY, Integer, Text, bindparam, text

from dunlin_events.era_told import PLACES
from dunlin_events.own_log import told_in
from dunlin_events.subscription import Statements, Subscription
from dunlin_events.topics import Tail, topic_of

LOG = structlog.get_logger(__name__)
_OF_OWNER = (bindparam("consumer", type_=Text), bindparam("owner", type_=Text))
_HAS_HEARD = text(
    "SELECT 1 FROM watermark WHERE consumer = :consumer AND owner = :owner LIMIT 1").bindparams(*_OF_OWNER)
# As if the era had been told in full; the record that says it has is still to come, or to be read.
_JOIN = text("""
INSERT INTO watermark (consumer, owner, stream, era, sequence, event_id)
SELECT :consumer, :owner, place, :era, 0, '00000000-0000-0000-0000-000000000000' FROM unnest(:places) AS p (place)
WHERE NOT EXISTS (SELECT FROM watermark WHERE consumer = :consumer AND owner = :owner)
ON CONFLICT DO NOTHING
""").bindparams(*_OF_OWNER, bindparam("places", type_=ARRAY(Text)), bindparam("era", type_=Integer))


async def strangers(tx: Statements, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """Those whose consumer has heard nothing of the owner yet."""
    return [one for one in subscriptions if await tx.row(_HAS_HEARD, consumer=one.consumer, owner=one.owner) is None]


async def join(tx: Statements, subscription: Subscription, tail: Tail) -> None:
    """Pass over what was told before the era with which the log ends, unless something was heard meanwhile."""
    era = max((one.era for one in told_in(tail.records, topic_of(subscription.owner))), default=1)
    if era > 1:
        named = {"consumer": subscription.consumer, "owner": subscription.owner}
        await tx.rows(_JOIN, **named, places=PLACES, era=era)
        LOG.warning("consumer_joins_in_era", era=era, **named)
