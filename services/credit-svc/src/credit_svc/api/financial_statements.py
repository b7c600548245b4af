"""Financial statements of customers: entered by people, and what they say of the ability to pay."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body, Currency
from credit_svc.domain.ability import Figures, StatementSource, z_score
from credit_svc.store import financial_statements
from credit_svc.store.financial_statements import EnteredStatement
from credit_svc.usecases import add_financial_statement as adding
from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.money import Money
from dunlin_kit.auth import requires
from dunlin_kit.pages import DEFAULT_LIMIT, RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["ratings"])
reads = APIRouter(route_class=ReadRoute, tags=["ratings"])
routers = (writes, reads)


class StatementFiguresBody(Body):
    """The figures of a fiscal year, with exactly the currency's digits. Equity and liabilities sum to the assets."""

    total_assets: str = Field(max_length=24, examples=["1250000.00"])
    current_assets: str = Field(max_length=24)
    current_liabilities: str = Field(max_length=24)
    retained_earnings: str = Field(max_length=24)
    ebit: str = Field(max_length=24, description="Earnings before interest and taxes.")
    equity: str = Field(max_length=24)
    total_liabilities: str = Field(max_length=24)
    sales: str = Field(max_length=24)
    financial_expenses: str | None = Field(default=None, max_length=24, description="Null: not stated.")
    intangible_assets: str | None = Field(default=None, max_length=24, description="Taken off equity for net worth.")
    existing_lines: str | None = Field(default=None, max_length=24, description="Credit that others have given.")

    def to_figures(self, currency: str) -> Figures:
        """Refuses: malformed_amount, wrong_precision, amount_too_large."""
        given = self.model_dump(exclude_none=True)
        return Figures(**{name: Money.parse(text, currency).minor for name, text in given.items()})


class FinancialStatementCreate(Body):
    """A statement of the fiscal year that ended on a day; entered again, the last one counts."""

    ended_on: Day
    currency: str = Currency
    source: StatementSource
    figures: StatementFiguresBody

    def to_command(self, customer_id: UUID) -> adding.AddFinancialStatement:
        exponent_of(self.currency)
        return adding.AddFinancialStatement(
            customer_id, self.ended_on, self.currency, self.source, self.figures.to_figures(self.currency))


class StatementFiguresRead(BaseModel):
    """The figures of a fiscal year."""

    total_assets: str
    current_assets: str
    current_liabilities: str
    retained_earnings: str
    ebit: str
    equity: str
    total_liabilities: str
    sales: str
    financial_expenses: str | None
    intangible_assets: str
    existing_lines: str

    @classmethod
    def of(cls, said: Figures, currency: str) -> Self:
        def text(minor: int) -> str:
            return Money(minor, currency).amount

        costs = said.financial_expenses
        return cls(
            total_assets=text(said.total_assets), current_assets=text(said.current_assets),
            current_liabilities=text(said.current_liabilities), retained_earnings=text(said.retained_earnings),
            ebit=text(said.ebit), equity=text(said.equity), total_liabilities=text(said.total_liabilities),
            sales=text(said.sales), financial_expenses=None if costs is None else text(costs),
            intangible_assets=text(said.intangible_assets), existing_lines=text(said.existing_lines))


class FinancialStatementRead(BaseModel):
    """A statement as it was entered. `z_score` is Altman's Z'': safe above 2.60, in distress below 1.10."""

    id: UUID
    customer_id: UUID
    ended_on: date
    currency: str
    source: StatementSource
    figures: StatementFiguresRead
    z_score: str | None
    entered_by: str
    entered_at: datetime

    @classmethod
    def of(cls, one: EnteredStatement) -> Self:
        said, z = one.statement, z_score(one.statement.figures)
        return cls(
            id=said.id, customer_id=one.customer_id, ended_on=said.ended_on, currency=said.currency,
            source=said.source, figures=StatementFiguresRead.of(said.figures, said.currency),
            z_score=None if z is None else str(z), entered_by=one.entered_by, entered_at=one.entered_at)


class FinancialStatementPage(Page[FinancialStatementRead]):
    """The statements of a customer, the latest fiscal year first."""


@writes.post(
    "/credit/v1/customers/{customer_id}/financial-statements", status_code=201, dependencies=[requires("credit:write")],
    responses=refuses(
        "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "statement_in_future",
        "statement_without_assets", "statement_does_not_balance", "bad_figures")
    | refuses("customer_not_known_yet", status=409))
async def add_financial_statement(customer_id: UUID, body: FinancialStatementCreate, tx: Tx) -> FinancialStatementRead:
    """Enter a financial statement. Where the policy reviews, the customer is rated by it at once."""
    return FinancialStatementRead.of(await adding.add_financial_statement(tx, body.to_command(customer_id)))


@reads.get(
    "/credit/v1/customers/{customer_id}/financial-statements", dependencies=[requires("credit:read")],
    responses=RESPONSES)
async def list_financial_statements(
    customer_id: UUID, tx: Tx, cursor: Paging, response: Response, limit: Limit = DEFAULT_LIMIT,
) -> FinancialStatementPage:
    """Every statement ever entered for a customer."""
    seen = (date.fromisoformat(cursor.after[0]), UUID(cursor.after[1])) if cursor.after else None
    found = await financial_statements.history(tx, customer_id, seen, limit + 1)
    return FinancialStatementPage(**cursor.page(
        response, found, limit, lambda one: [one.statement.ended_on, one.statement.id], FinancialStatementRead.of))
