"""The shadow of a service's tables: a schema in the same database, in which a replay can reach nothing that is real.

All tables are there, empty: those that are built again, and those into which handlers write besides (outbox, jobs,
watermarks, parked events). Nobody relays or works off what lands in them, and they go with the schema.
"""

from typing import Any, NamedTuple

from dunlin_events.projection import Projection
from dunlin_kernel.errors import Conflict, NotFound
from dunlin_kernel.ids import new_id

REAL = "public"

_TABLES = """
SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' ORDER BY c.relname"""
_GRANTS = """
SELECT quote_ident(c.relname) AS relname, a.grantee::regrole::text AS grantee,
       string_agg(a.privilege_type, ', ') AS privileges
FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.grantee NOT IN (0, c.relowner) GROUP BY 1, 2"""
_POLICIES = """
SELECT quote_ident(tablename) AS tablename, quote_ident(policyname) AS policyname, permissive, cmd, qual, with_check,
       (SELECT string_agg(CASE WHEN role = 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ')
        FROM unnest(roles) role) AS roles
FROM pg_policies WHERE schemaname = $1"""

_OWN_TABLES = """
CREATE TABLE "{schema}".rebuild_state AS SELECT '{group}'::text AS bus_group, now() AS made_at;
CREATE TABLE "{schema}".rebuild_healed (tenant_id uuid, customer_id uuid, PRIMARY KEY (tenant_id, customer_id))"""


class Shadow(NamedTuple):
    """One that was made: its schema, and the group under which it reads."""

    schema: str
    group: str


async def make(owner: Any, projection: Projection, *, group: str) -> Shadow:
    """Empty tables with the defaults, indexes, checks, policies and rights of the real ones, in one transaction.

    `owner` is a connection as the role that owns the tables. Refuses: rebuild_exists.
    """
    if await find(owner, projection) is not None:
        raise Conflict("rebuild_exists", "It is being built already: go on with it, or drop it.")
    shadow = Shadow(projection.schema, f"{group}-rebuild-{new_id().hex[-8:]}")
    async with owner.transaction():
        await owner.execute(f'CREATE SCHEMA "{shadow.schema}"')
        for table in await owner.fetch(_TABLES, REAL):
            await _copy_form(owner, shadow.schema, table)
        await _copy_rights(owner, shadow.schema)
        await owner.execute(_OWN_TABLES.format(schema=shadow.schema, group=shadow.group))
    return shadow


async def find(owner: Any, projection: Projection) -> Shadow | None:
    """The shadow of this projection, if there is one."""
    if not await owner.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{projection.schema}.rebuild_state"):
        return None
    group: str = await owner.fetchval(f'SELECT bus_group FROM "{projection.schema}".rebuild_state')  # noqa: S608
    return Shadow(projection.schema, group)


async def get(owner: Any, projection: Projection) -> Shadow:
    """Refuses: rebuild_not_begun."""
    found = await find(owner, projection)
    if found is None:
        raise NotFound("rebuild_not_begun", "It is not being built: begin with `start`.")
    return found


async def drop(owner: Any, projection: Projection) -> None:
    """All of it goes. Refuses: rebuild_not_begun."""
    found = await get(owner, projection)
    await owner.execute(f'DROP SCHEMA "{found.schema}" CASCADE')


async def _copy_form(owner: Any, schema: str, table: Any) -> None:
    name = f'"{schema}"."{table["relname"]}"'
    await owner.execute(f'CREATE TABLE {name} (LIKE {REAL}."{table["relname"]}" INCLUDING ALL)')
    if table["relrowsecurity"]:
        await owner.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    if table["relforcerowsecurity"]:
        await owner.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


async def _copy_rights(owner: Any, schema: str) -> None:
    for policy in await owner.fetch(_POLICIES, REAL):
        using = f" USING ({policy['qual']})" if policy["qual"] is not None else ""
        check = f" WITH CHECK ({policy['with_check']})" if policy["with_check"] is not None else ""
        await owner.execute(
            f'CREATE POLICY {policy["policyname"]} ON "{schema}".{policy["tablename"]} AS {policy["permissive"]} '
            f'FOR {policy["cmd"]} TO {policy["roles"]}{using}{check}')
    grants = await owner.fetch(_GRANTS, REAL)
    for grantee in {grant["grantee"] for grant in grants}:
        await owner.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {grantee}')
    for grant in grants:
        await owner.execute(
            f'GRANT {grant["privileges"]} ON "{schema}".{grant["relname"]} TO {grant["grantee"]}')
