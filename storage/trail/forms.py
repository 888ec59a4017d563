"""Which columns of a log a seal covers, in which order: versioned, for tables grow.

A form that has ever been used is never changed. A migration that adds a column to a log adds the
form's next version; seals made before go on being checked with theirs.
"""

from collections.abc import Mapping

CURRENT_FORM = 1

FORMS: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    1: {
        "audit_log": (
            "company_id",
            "id",
            "recorded_at",
            "recorded_by",
            "xid",
            "request_id",
            "action",
            "entity",
            "entity_id",
            "before",
            "after",
        ),
        "api_log": (
            "company_id",
            "id",
            "recorded_at",
            "recorded_by",
            "xid",
            "request_id",
            "operation",
            "outcome",
            "patient_ids",
        ),
        "ledger_entries": (
            "company_id",
            "id",
            "recorded_at",
            "recorded_by",
            "xid",
            "kind",
            "debit_account",
            "credit_account",
            "amount_cents",
            "effective_on",
            "claim_id",
            "payer_id",
            "transaction_id",
            "adjudication_id",
            "adjustment_id",
            "exception_id",
            "provider_adjustment_id",
        ),
    }
}

SEALED_LOGS = tuple(FORMS[CURRENT_FORM])
"""The logs that are sealed: every table of ``SealedRow``."""
