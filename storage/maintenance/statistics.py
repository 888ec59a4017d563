"""Statistics of tables, renewed before PostgreSQL would do it by itself.

It waits until a tenth of a table has changed. A company that came beside larger ones may not be
known until then: it is taken to have a single row, and what asks for its rows may be answered by
reading all of them.
"""

from storage.maintenance.partition_upkeep import Owner

BULK = 10_000
"""Rows that came, changed or went since a table was last looked at, as when a company moves in."""

_CHANGED = """
SELECT string_agg(relid::regclass::text, ', ' ORDER BY relid)
FROM pg_stat_user_tables JOIN pg_class ON pg_class.oid = relid
WHERE n_mod_since_analyze >= %s AND relowner = current_user::regrole
"""


def renew_statistics(owner: Owner, *, at_least: int = 1) -> None:
    """Have PostgreSQL look at every table of which so many rows have changed since it last did;
    what is locked waits for the next run."""
    (changed,) = owner.run(_CHANGED, at_least).fetchone() or (None,)
    if changed is not None and not owner.dry_run:
        owner.run(f"ANALYZE (SKIP_LOCKED) {changed}")
