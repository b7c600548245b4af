"""Text messages through an HTTP gateway: one POST of JSON per message, with a key by which it is taken once."""

from collections.abc import Callable

import httpx

from dunlin_events.crash_points import passing
from dunlin_kit.telemetry import log
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Mail

ANSWER_SECONDS = 10
GATEWAY_AWAY = Delivery(MessageStatus.DEFERRED, "server_away")
UNKNOWN = Delivery(MessageStatus.UNKNOWN, "outcome_unknown")
LATER, NO_SUCH_NUMBER, NOT_OURS = (429, 503), (404, 410, 422), (401, 403)


class HttpGateway:
    """`POST url` with `{"id", "channel", "to", "text"}`, a bearer token where there is one, and `Idempotency-Key`.

    2xx: taken. 404, 410, 422: no such number. 401, 403: we are refused; other 4xx: the message is. 429 and 503: nothing
    was taken, try later. Anything else, and no answer: nobody knows.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, token: str | None) -> None:
        self._client, self._url, self._token = client, url, token

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        left = fresh()
        if not left:
            return LOOK_TOO_OLD
        headers = {"Idempotency-Key": str(mail.id)} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {})
        said = {"id": str(mail.id), "channel": mail.channel.value, "to": mail.recipient, "text": mail.body}
        passing("before_send")
        try:
            answer = await self._client.post(
                self._url, json=said, headers=headers,
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=left, write=left, pool=left))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as lost:
            log.warning("gateway away", error=type(lost).__name__)
            return GATEWAY_AWAY
        except httpx.HTTPError:
            return UNKNOWN
        passing("after_send")
        return outcome_of(answer.status_code)


def outcome_of(status: int) -> Delivery:
    """What an answer of the gateway says of the message."""
    code = str(status)
    if 200 <= status < 300:
        return Delivery(MessageStatus.SENT, code=code)
    if status in LATER:
        return Delivery(MessageStatus.DEFERRED, "server_busy", code)
    if not 400 <= status < 500:
        return Delivery(MessageStatus.UNKNOWN, "outcome_unknown", code)
    refused = "recipient_refused" if status in NO_SUCH_NUMBER else (
        "sender_refused" if status in NOT_OURS else "message_refused")
    return Delivery(MessageStatus.FAILED, refused, code)
