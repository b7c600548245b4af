"""How much a subject of a tenant may ask of one process: a token bucket, told in `RateLimit` headers when empty."""

from math import ceil

from fastapi import Request

from dunlin_kernel.clock import Clock
from dunlin_kit.auth import Principal
from dunlin_kit.problems import Refusal

_KEPT = 10_000


class Limits:
    """Buckets by subject and tenant: `per_second` requests are added each second, up to as many at once."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[tuple[str, object], tuple[float, float]] = {}

    def take(self, request: Request, principal: Principal) -> None:
        """Take one. Refuses: rate_limited (429, with `Retry-After`)."""
        now = self._clock.now().timestamp()
        who = (principal.subject, principal.tenant)
        left, at = self._buckets.get(who, (float(self._per_second), now))
        left = min(float(self._per_second), left + (now - at) * self._per_second)
        if left < 1:
            wait = ceil((1 - left) / self._per_second)
            raise Refusal(
                429,
                "rate_limited",
                "Too many requests of this subject; slow down.",
                headers={
                    "Retry-After": str(wait),
                    "RateLimit-Policy": f'"token";q={self._per_second};w=1',
                    "RateLimit": f'"token";r=0;t={wait}',
                },
            )
        self._buckets.pop(who, None)  # behind all others: the first is the one that was used longest ago
        self._buckets[who] = (left - 1, now)
        if len(self._buckets) > _KEPT:
            del self._buckets[next(iter(self._buckets))]
