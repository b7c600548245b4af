"""The pool of connections to one database as one role: time limits of its sessions, and when statements are planned."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dunlin_events import sessions

PLANNED_ONCE, PLANNED_AFRESH = "force_generic_plan", "auto"
"""`plan_cache_mode`: left to itself, PostgreSQL plans a statement that takes arrays anew at each run."""


def engine_for(url: str, *, pool_size: int = 10, plans: str = PLANNED_AFRESH) -> AsyncEngine:
    """A pool whose sessions have the time limits every service wants; `url` is `postgresql://...`."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "statement_cache_size": 512,
            "server_settings": {
                "statement_timeout": "30000",
                "lock_timeout": "5000",
                "TimeZone": "UTC",
                "jit": "off",
                **sessions.impatient(),
                "plan_cache_mode": plans,
            },
        },
    )
