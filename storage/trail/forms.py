"""Which columns of a log a seal covers, in which order: versioned, for tables grow.

A form that has ever been used is never changed. A migration that adds a column to a log adds the
form's next version; seals made before go on being checked with theirs.
"""

from collections.abc import Mapping

CURRENT_FORM = 6

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

_SECOND: Mapping[str, tuple[str, ...]] = {
    **_FIRST,
    "audit_log": (*_FIRST["audit_log"], "patient_id", "former_patient_id"),
    "api_log": (*_FIRST["api_log"], "record_id"),
}

_THIRD: Mapping[str, tuple[str, ...]] = {
    **_SECOND,
    "disclosures": (
        "company_id",
        "id",
        "recorded_at",
        "recorded_by",
        "xid",
        "patient_id",
        "disclosed_on",
        "recipient_name",
        "recipient_address",
        "description",
        "authority",
        "purpose",
        "is_accountable",
        "suspended_from",
        "suspended_until",
        "suspended_for",
        "suspension_is_oral",
        "supersedes_id",
        "correction_reason",
        "is_withdrawn",
    ),
    "accountings": (
        "company_id",
        "id",
        "recorded_at",
        "recorded_by",
        "xid",
        "patient_id",
        "requested_by",
        "requested_on",
        "due_on",
        "first",
        "last",
        "is_free",
        "disclosure_ids",
    ),
}

_FOURTH: Mapping[str, tuple[str, ...]] = {
    **_THIRD,
    "api_log": (*_THIRD["api_log"], "emergency_access_id"),
}

_FIFTH: Mapping[str, tuple[str, ...]] = {
    **_FOURTH,
    "ledger_entries": (*_FOURTH["ledger_entries"], "source_id"),
}

FORMS: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    1: _FIRST,
    2: _SECOND,
    3: _THIRD,
    4: _FOURTH,
    5: _FIFTH,
    6: {
        **_FIFTH,
        "compliance_signatures": (
            "company_id",
            "id",
            "recorded_at",
            "recorded_by",
            "xid",
            "requirement_id",
            "attestation_id",
            "number",
            "kind",
            "person_id",
            "session_id",
            "printed_name",
            "meaning",
            "reason",
            "signed_at",
            "content_hash",
            "previous_hash",
            "signature_hash",
        ),
    },
}

SEALED_LOGS = tuple(FORMS[CURRENT_FORM])
"""The logs that are sealed: every table of ``SealedRow``."""
