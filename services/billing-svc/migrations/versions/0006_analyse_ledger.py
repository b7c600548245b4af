"""Whoever has filled the ledger may have its statistics renewed, and nothing else of its tables' upkeep."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ANALYSE_LEDGER = """
CREATE FUNCTION analyse_ledger() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  ANALYZE public.customer, public.account, public.invoice, public.invoice_line, public.item, public.credit,
          public.allocation, public.ledger_entry, public.journal_entry, public.journal_line,
          public.ledger_import_fact;
END $$"""


def upgrade() -> None:
    op.execute(ANALYSE_LEDGER)
    op.execute("REVOKE ALL ON FUNCTION analyse_ledger FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION analyse_ledger TO billing_app")
