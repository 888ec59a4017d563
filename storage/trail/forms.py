"""Which columns of a log a seal covers, in which order: versioned, for tables grow.

A form that has ever been used is never changed. A migration that adds a column to a log adds the
form's next version; seals made before go on being checked with theirs.
"""

from collections.abc import Mapping

CURRENT_FORM = 2

_FIRST: Mapping[str, tuple[str, ...]] = {
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

FORMS: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    1: _FIRST,
    2: {
        **_FIRST,
        "audit_log": (*_FIRST["audit_log"], "patient_id", "former_patient_id"),
        "api_log": (*_FIRST["api_log"], "record_id"),
    },
}

SEALED_LOGS = tuple(FORMS[CURRENT_FORM])
"""The logs that are sealed: every table of ``SealedRow``."""
