"""Sums of the ledger that the database computes. Each names the company in every predicate."""

import datetime as dt
from uuid import UUID

from storage.figures import AccountBalance, OpenItem
from storage.postgres.bound import BoundTransaction
from storage.vocabulary.claims import LedgerAccount

_ACCOUNTS = """
SELECT account, sum(cents)::bigint
FROM (
    SELECT debit_account AS account, amount_cents AS cents
    FROM ledger_entries
    WHERE company_id = %(company_id)s
      AND effective_on BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT credit_account, -amount_cents
    FROM ledger_entries
    WHERE company_id = %(company_id)s
      AND effective_on BETWEEN %(first)s AND %(last)s
) AS moved
GROUP BY account
ORDER BY account
"""

_OPEN_ITEMS = """
SELECT payer_key, payee_key, reference, sum(amount_cents)::bigint, count(*)::bigint,
       min(effective_on), max(effective_on), array_agg(DISTINCT reason ORDER BY reason)
FROM provider_adjustments
WHERE company_id = %(company_id)s
  AND id NOT IN (
      SELECT provider_adjustment_id
      FROM refund_takebacks
      WHERE company_id = %(company_id)s AND status = 'settled'
        AND provider_adjustment_id IS NOT NULL
  )
GROUP BY payer_key, payee_key, reference
HAVING sum(amount_cents) <> 0
ORDER BY min(effective_on), payer_key, payee_key, reference
LIMIT %(limit)s
"""

_MISMATCHED = """
SELECT claims.id
FROM claims
LEFT JOIN (
    SELECT company_id, claim_id,
           sum(amount_cents) FILTER (WHERE kind = 'charge') AS charge,
           sum(amount_cents) FILTER (WHERE kind = 'payment') AS payment,
           sum(amount_cents) FILTER (WHERE kind = 'write_off') AS write_off,
           sum(amount_cents) FILTER (WHERE kind = 'patient_transfer') AS patient,
           sum(amount_cents) FILTER (WHERE kind = 'patient_payment') AS patient_payment,
           sum(amount_cents) FILTER (WHERE kind = 'patient_write_off') AS patient_write_off,
           sum(amount_cents) FILTER (WHERE kind = 'insurance_write_off') AS insurance_write_off,
           sum(CASE kind WHEN 'payer_refund' THEN amount_cents ELSE -amount_cents END)
               FILTER (WHERE kind IN ('payer_refund', 'payer_refund_booked')) AS payer_refund
    FROM ledger_entries
    WHERE company_id = %(company_id)s AND claim_id IS NOT NULL
    GROUP BY company_id, claim_id
) AS held ON held.company_id = claims.company_id AND held.claim_id = claims.id
WHERE claims.company_id = %(company_id)s
  AND (
      claims.payment_cents <> coalesce(held.payment, 0)
      OR claims.write_off_cents <> coalesce(held.write_off, 0)
      OR claims.patient_payment_cents <> coalesce(held.patient_payment, 0)
      OR claims.patient_write_off_cents <> coalesce(held.patient_write_off, 0)
      OR claims.insurance_write_off_cents <> coalesce(held.insurance_write_off, 0)
      OR claims.payer_refund_cents <> coalesce(held.payer_refund, 0)
      OR claims.patient_balance_cents <> coalesce(held.patient, 0)
         - coalesce(held.patient_payment, 0) - coalesce(held.patient_write_off, 0)
      OR claims.insurance_balance_cents <> coalesce(held.charge, 0) - coalesce(held.payment, 0)
         - coalesce(held.write_off, 0) - coalesce(held.patient, 0)
         - coalesce(held.insurance_write_off, 0) + coalesce(held.payer_refund, 0)
  )
ORDER BY claims.id
LIMIT %(limit)s
"""

_UNCLEARED = """
SELECT transaction_id
FROM (
    SELECT transaction_id, amount_cents AS cents
    FROM ledger_entries
    WHERE company_id = %(company_id)s AND debit_account = 'deposit_clearing'
    UNION ALL
    SELECT transaction_id, -amount_cents
    FROM ledger_entries
    WHERE company_id = %(company_id)s AND credit_account = 'deposit_clearing'
) AS moved
GROUP BY transaction_id
HAVING sum(cents) <> 0
ORDER BY transaction_id
LIMIT %(limit)s
"""


class PostgresLedgerFigures:
    """See ``storage.interface.LedgerFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def account_balances(self, *, first: dt.date, last: dt.date) -> list[AccountBalance]:
        cursor = await self._store.execute(
            _ACCOUNTS, {"company_id": self._store.company_id, "first": first, "last": last}
        )
        return [
            AccountBalance(LedgerAccount(account), cents)
            for account, cents in await cursor.fetchall()
        ]

    async def open_provider_items(self, *, limit: int) -> list[OpenItem]:
        cursor = await self._store.execute(
            _OPEN_ITEMS, {"company_id": self._store.company_id, "limit": limit}
        )
        return [OpenItem(*values) for values in await cursor.fetchall()]

    async def claims_that_differ(self, *, limit: int) -> list[UUID]:
        return await self._ids(_MISMATCHED, limit)

    async def transactions_not_cleared(self, *, limit: int) -> list[UUID]:
        return await self._ids(_UNCLEARED, limit)

    async def _ids(self, sql: str, limit: int) -> list[UUID]:
        cursor = await self._store.execute(
            sql, {"company_id": self._store.company_id, "limit": limit}
        )
        return [row_id for (row_id,) in await cursor.fetchall()]
