"""Facts of claims and their sums, brought up to date by the transaction that changes a claim.

A store notes every claim of which it writes a row that facts are computed of. Before it commits,
the facts of those are computed from the rows as they then are, and what that adds to the sums or
takes away is appended to them. Whoever changes the same claim meanwhile waits for the row of its
facts, so that neither overlooks what the other did.
"""

from functools import cache
from typing import Any
from uuid import UUID

from storage.postgres.arrays import array_of
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_changes import ClaimChanges
from storage.postgres.claim_facts import (
    ADD_TO_SUMS,
    COLUMNS,
    FACTS_OF_BEGUN,
    FACTS_OF_SOME,
    measured,
)
from storage.postgres.figure_measures import Source
from storage.tables.claims import Claim
from storage.tables.ledger import LedgerEntry

_AT_ONCE = 5_000
_MANY = 100
"""Claims of which each must not read all the others, whatever plan there is."""

_KINDS_OF_BEGUN = frozenset({Claim, LedgerEntry})
"""What is written of a claim that comes with its charge and nothing else."""

_ORIGINALS = """
WITH RECURSIVE meant AS (
    SELECT unnest(%(ids)s::uuid[]) AS id
    UNION
    SELECT claim.replaces_id
    FROM meant
    CROSS JOIN LATERAL (
        SELECT replaces_id FROM claims WHERE company_id = %(company_id)s AND id = meant.id OFFSET 0
    ) AS claim
    WHERE claim.replaces_id IS NOT NULL
)
SELECT id FROM meant
"""
"""Some claims, and those that they replace."""

_HOLD = """
SELECT FROM claim_facts
WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
ORDER BY id
FOR NO KEY UPDATE
"""

_ENTRIES = """FROM entries AS item
    JOIN {new} AS fact ON fact.id = item.claim_id
    LEFT JOIN {old} AS other ON other.id = item.claim_id
    WHERE {condition}"""
_HAS_MOVED = (
    "(fact.payer_id, fact.provider_id, fact.location)"
    " IS DISTINCT FROM (other.payer_id, other.provider_id, other.location)"
)

_NAMES = ", ".join(COLUMNS)
_ENTRIES_OF_SOME = """
    FROM unnest(%(ids)s::uuid[]) AS meant (id)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_entries
        WHERE company_id = %(company_id)s AND claim_id = meant.id OFFSET 0
    ) AS item
"""
_SAVE = f"""
    INSERT INTO claim_facts (company_id, id, {_NAMES})
    SELECT %(company_id)s::uuid, id, {_NAMES} FROM latter
"""  # noqa: S608 -- names of ours


@cache
def _refresh() -> str:
    """One statement: facts as they are now, and to the sums what differs from before.

    Entries of the ledger never change, so only new ones count, and those of a claim that has come
    under another payer, provider or location.
    """
    excluded = ", ".join(f"excluded.{name}" for name in COLUMNS)
    kept = ", ".join(f"claim_facts.{name}" for name in COLUMNS)
    come = _ENTRIES.format(new="latter", old="former", condition=f"(item.is_new OR {_HAS_MOVED})")
    left = _ENTRIES.format(
        new="former", old="latter", condition=f"NOT item.is_new AND {_HAS_MOVED}"
    )
    return f"""
WITH former AS (
    SELECT id, {_NAMES} FROM claim_facts
    WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
),
entries AS MATERIALIZED (
    SELECT item.*, item.id IN (SELECT unnest(%(new_entries)s::uuid[])) AS is_new
    {_ENTRIES_OF_SOME}
),
latter AS ({FACTS_OF_SOME}),
saved AS (
    {_SAVE}
    ON CONFLICT (company_id, id) DO UPDATE SET ({_NAMES}) = ROW ({excluded})
    WHERE ({kept}) IS DISTINCT FROM ({excluded})
),
gone AS (
    DELETE FROM claim_facts
    WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
      AND id NOT IN (SELECT id FROM latter)
),
moved AS (
    {measured(Source.CLAIMS, rows="FROM latter AS fact")}
    UNION ALL
    {measured(Source.CLAIMS, rows="FROM former AS fact", sign="-")}
    UNION ALL
    {measured(Source.LEDGER, rows=come)}
    UNION ALL
    {measured(Source.LEDGER, rows=left, sign="-")}
)
{ADD_TO_SUMS}"""  # noqa: S608 -- names and expressions of ours


@cache
def _begin() -> str:
    """The same for claims that were begun here, and have nothing but entries in the books: nobody
    else can see them, so none has to be held."""
    begun = "FROM entries AS item JOIN latter AS fact ON fact.id = item.claim_id"
    return f"""
WITH entries AS MATERIALIZED (SELECT item.* {_ENTRIES_OF_SOME}),
latter AS ({FACTS_OF_BEGUN}),
saved AS ({_SAVE}),
moved AS (
    {measured(Source.CLAIMS, rows="FROM latter AS fact")}
    UNION ALL
    {measured(Source.LEDGER, rows=begun)}
)
{ADD_TO_SUMS}"""


def refresh_statements() -> tuple[str, str]:
    """What keeping the facts of some claims takes: holding them, and computing them anew."""
    return _HOLD, _refresh()


async def _originals(store: BoundTransaction, changes: ClaimChanges) -> list[UUID]:
    """The claims whose facts the changed ones are part of, in the order in which they are held."""
    changed = {each for each in changes.changed if each is not None}
    if asked := changed - changes.begun:
        found = await store.execute(
            _ORIGINALS, {"company_id": store.company_id, "ids": array_of(list(asked))}
        )
        changed.update(claim_id for (claim_id,) in await found.fetchall())
    return sorted(changed, key=lambda each: each.int)


async def refresh_facts(store: BoundTransaction) -> None:
    """Compute the facts of the claims that were changed anew, correct the sums by what differs, and
    forget the changes.

    Where every claim was begun here, nothing is asked, and who sends statements ahead waits for
    none.
    """
    changes, store.claim_changes = store.claim_changes, ClaimChanges()
    if len(changes.changed) >= _MANY:
        await store.plan_for_any_company()
    ordered = await _originals(store, changes)
    is_plain = changes.begun.issuperset(ordered) and changes.kinds <= _KINDS_OF_BEGUN
    statements = (_begin(),) if is_plain else refresh_statements()
    new_entries = {} if is_plain else changes.entries_by_claim()
    for first in range(0, len(ordered), _AT_ONCE):
        ids = ordered[first : first + _AT_ONCE]
        parameters: dict[str, Any] = {
            "company_id": store.company_id,
            "ids": array_of(ids),
            "new_entries": array_of([entry for each in ids for entry in new_entries.get(each, ())]),
        }
        for statement in statements:
            await store.execute(statement, parameters)
