"""The forecast of a Monday, made of one instant of the books without holding up anybody, then kept."""

from collections.abc import Sequence

from billing_svc.domain.cash_forecast import CashForecast
from billing_svc.domain.forecast_accuracy import WEEKS_BACK, is_kept_on
from billing_svc.store import cash_forecast
from billing_svc.usecases.keep_forecast import keep_forecast
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, moment_of
from dunlin_kit.transaction import Transaction


async def keep_monday(database: Database, job: Job) -> None:
    """Nothing on another day: a forecast made later in the week would know part of what it foretells."""

    async def made(tx: Transaction) -> Sequence[CashForecast]:
        today = (await moment_of(tx, job)).today
        return await cash_forecast.forecasts(tx, today, WEEKS_BACK, None) if is_kept_on(today) else ()

    forecasts = await database.read(job.tenant, made)

    async def keep(tx: Transaction) -> None:
        await keep_forecast(tx, await moment_of(tx, job), forecasts)

    if forecasts:
        await database.transact(job.tenant, keep)
