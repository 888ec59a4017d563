"""Facts of claims and their sums, brought up to date by the transaction that changes a claim.

A store notes every claim of which it writes a row that facts are computed of. Before it commits,
the facts of those are computed from the rows as they then are, and what that adds to the sums or
takes away is appended to them. Whoever changes the same claim meanwhile waits for the row of its
facts, so that neither overlooks what the other did.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from storage.postgres.arrays import array_of
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_facts import COLUMNS, FACTS_OF_BEGUN, FACTS_OF_SOME, measured
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

_CELL = "payer_id, provider_id, location"
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
_ADD_TO_SUMS = f"""
INSERT INTO figure_sums (company_id, id, measure, month, {_CELL}, items, amount, is_folded)
SELECT %(company_id)s::uuid, gen_random_uuid(), measure, month, {_CELL},
       sum(items), sum(amount), false
FROM moved
GROUP BY measure, month, {_CELL}
HAVING sum(items) <> 0 OR sum(amount) <> 0
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
{_ADD_TO_SUMS}"""  # noqa: S608 -- names and expressions of ours


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
{_ADD_TO_SUMS}"""


def refresh_statements() -> tuple[str, str]:
    """What keeping the facts of some claims takes: holding them, and computing them anew."""
    return _HOLD, _refresh()


async def _originals(store: BoundTransaction) -> list[UUID]:
    """The claims whose facts the changed ones are part of, in the order in which they are held."""
    changed = {each for each in store.claims_changed if each is not None}
    if asked := changed - store.claims_begun:
        found = await store.execute(
            _ORIGINALS, {"company_id": store.company_id, "ids": array_of(list(asked))}
        )
        changed.update(claim_id for (claim_id,) in await found.fetchall())
    return sorted(changed, key=lambda each: each.int)


def _entries_by_claim(store: BoundTransaction) -> Mapping[UUID | None, list[UUID]]:
    """The entries that are in no sum yet."""
    found = defaultdict(list)
    for claim_ids, entry_ids in store.entries_appended:
        for claim_id, entry_id in zip(claim_ids, entry_ids, strict=True):
            found[claim_id].append(entry_id)
    return found


async def refresh_facts(store: BoundTransaction) -> None:
    """Compute the facts of the claims that were changed anew, and correct the sums by what differs.

    Where every claim was begun here, nothing is asked, and who sends statements ahead waits for
    none.
    """
    if len(store.claims_changed) >= _MANY:
        await store.plan_for_any_company()
    ordered = await _originals(store)
    is_plain = store.claims_begun.issuperset(ordered) and store.kinds_changed <= _KINDS_OF_BEGUN
    statements = (_begin(),) if is_plain else refresh_statements()
    new_entries = {} if is_plain else _entries_by_claim(store)
    for first in range(0, len(ordered), _AT_ONCE):
        ids = ordered[first : first + _AT_ONCE]
        parameters: dict[str, Any] = {
            "company_id": store.company_id,
            "ids": array_of(ids),
            "new_entries": array_of([entry for each in ids for entry in new_entries.get(each, ())]),
        }
        for statement in statements:
            await store.execute(statement, parameters)
