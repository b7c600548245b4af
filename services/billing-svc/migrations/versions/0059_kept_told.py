"""What was last told of each deposit that is kept for an order; requests may not read the outbox itself."""

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

_KEPT_TOLD = """
CREATE FUNCTION kept_told() RETURNS TABLE (credit_id uuid, currency text, kept bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH own AS (SELECT NULLIF(current_setting('dunlin.tenant', true), '')::uuid AS tenant),
  kept AS MATERIALIZED (
    SELECT c.id, own.tenant || ':' || c.customer_id AS stream FROM own
    JOIN public.deposit_payment d ON d.tenant_id = own.tenant
    JOIN public.credit c ON c.tenant_id = d.tenant_id AND c.id = d.credit_id AND c.kept_for IS NOT NULL),
  told AS MATERIALIZED (
    SELECT o.stream, o.era, o.seq, convert_from(o.payload, 'UTF8')::jsonb AS said FROM public.outbox_event o
    WHERE o.stream IN (SELECT stream FROM kept) AND split_part(o.type, '.', 3) = 'CreditKept')
  SELECT DISTINCT ON (k.id) k.id, t.said -> 'kept' ->> 'currency', replace(t.said -> 'kept' ->> 'amount', '.', '')::bigint
  FROM kept k JOIN told t ON t.stream = k.stream AND t.said ->> 'credit_id' = k.id::text
  ORDER BY k.id, t.era DESC, t.seq DESC
$$"""
"""An amount is told with exactly the digits of its currency."""


def upgrade() -> None:
    op.execute(_KEPT_TOLD)
    op.execute("REVOKE ALL ON FUNCTION kept_told FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION kept_told TO billing_app, billing_ops")


def downgrade() -> None:
    raise NotImplementedError("a release is taken back by a new migration, never by losing data")
