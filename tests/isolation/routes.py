"""Requests for every operation, read off the OpenAPI document, with the ids that one chooses."""

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Litestar

from app.answers import encode_cursor
from app.api.denial_work import encode_place
from app.api.underpayments import encode_due_place
from app.examples import example_of
from app.openapi import document_of, handlers_of
from services.claims.denial_work.queue import DeadlineBucket, QueuePlace

ROWS_NAMED: Mapping[str, str] = {
    "accounting": "accountings",
    "access": "emergency_accesses",
    "acknowledgement": "acknowledgement_files",
    "adjudication": "adjudications",
    "adjudication_line": "adjudication_lines",
    "appeal": "claim_appeals",
    "action": "corrective_actions",
    "assignee": "people",
    "attachment": "appeal_attachments",
    "audit": "regulatory_audits",
    "approval": "approvals",
    "attestation": "compliance_attestations",
    "batch": "claim_batches",
    "care_provider": "care_providers",
    "bypass": "rule_bypasses",
    "booking": "bank_lines",
    "billing": "statement_runs",
    "claim": "claims",
    "claim_file": "claim_files",
    "table": "code_tables",
    "check": "figure_checks",
    "company": "companies",
    "contract": "payer_contracts",
    "coverage": "coverages",
    "deadline": "appeal_rules",
    "deletion_request": "deletion_requests",
    "denial": "denials",
    "disclosure": "disclosures",
    "draft": "compliance_report_drafts",
    "entity": "claims",
    "exception": "remittance_exceptions",
    "facility": "facilities",
    "feed": "calendar_feeds",
    "file": "stored_files",
    "finding": "audit_findings",
    "follows": "corrective_actions",
    "grant": "audit_accesses",
    "hold": "legal_holds",
    "import": "data_imports",
    "imported": "import_records",
    "input": "figure_inputs",
    "endpoint": "webhook_endpoints",
    "event": "events",
    "item": "cash_items",
    "evidence": "compliance_evidence",
    "key": "api_keys",
    "line": "claim_lines",
    "link": "evidence_links",
    "mips_list": "mips_lists",
    "clinician": "mips_clinicians",
    "submission": "mips_submissions",
    "reported": "mips_measures",
    "mailbox": "mailboxes",
    "match": "decided_line_matches",
    "message": "outbox_messages",
    "notification": "notifications",
    "partner": "trading_partners",
    "off": "write_offs",
    "corrects": "manual_remittances",
    "paper": "manual_remittances",
    "patient": "patients",
    "statement": "patient_statements",
    "payer": "payers",
    "compared_to": "policy_versions",
    "policy": "policies",
    "assessment": "risk_assessments",
    "asset": "assessment_parts",
    "threat": "assessment_parts",
    "part": "assessment_parts",
    "risk": "assessed_risks",
    "risk_control": "risk_controls",
    "mitigation_item": "mitigation_items",
    "policy_member": "policy_members",
    "policy_requirement": "policy_requirements",
    "policy_version": "policy_versions",
    "payment": "patient_payments",
    "person": "people",
    "principal": "principals",
    "provider": "identity_providers",
    "record": "claims",
    "refund": "refunds",
    "remittance": "remittances",
    "report": "compliance_reports",
    "requirement": "compliance_requirements",
    "review": "access_reviews",
    "role": "company_roles",
    "rule": "claim_rules",
    "run": "scrub_runs",
    "takeback": "refund_takebacks",
    "series": "compliance_evidence",
    "supersedes": "compliance_attestations",
    "session": "person_sessions",
    "transaction": "remittance_transactions",
    "waiting": "waiting_acknowledgements",
    "underpayment": "underpayments",
}
"""The table whose row an id names, by its name or the last word of it: ``primary_payer_id`` a
payer's."""

LISTED: Mapping[str, str] = {
    "list_claim_rule_revisions": "claim_rule_revisions",
    "list_claim_rule_trials": "claim_rule_trials",
    "list_action_steps": "action_steps",
    "list_attestations": "compliance_attestations",
    "list_finding_evidence": "compliance_evidence",
    "list_finding_steps": "finding_steps",
    "list_compliance_evidence": "compliance_evidence",
    "list_requirement_decisions": "requirement_decisions",
    "list_requirement_evidence": "compliance_evidence",
    "list_requirement_versions": "requirement_versions",
    "list_code_tables": "code_tables",
    "list_rule_bypasses": "rule_bypasses",
    "list_scrub_releases": "scrub_releases",
    "list_scrub_runs": "scrub_runs",
    "list_codes": "codes",
    "list_mips_lists": "mips_lists",
    "list_mips_benchmarks": "mips_benchmarks",
    "list_mips_listed_measures": "mips_listed_measures",
    "list_mips_measures": "mips_measures",
    "list_mips_prior_submissions": "mips_prior_submissions",
    "get_claim_history": "audit_log",
    "list_access_log": "api_log",
    "list_audit_log": "audit_log",
    "list_appeal_rules": "appeal_rules",
    "list_batch_items": "claim_batch_items",
    "list_bank_lines": "bank_lines",
    "list_claim_files": "claim_files",
    "list_manual_remittances": "manual_remittances",
    "list_claim_ledger": "ledger_entries",
    "list_decided_line_matches": "decided_line_matches",
    "list_credit_balances": "claims",
    "list_denial_notes": "denial_notes",
    "list_denial_queue": "denials",
    "list_statement_run_items": "statement_run_items",
    "list_statement_runs": "statement_runs",
    "list_underpayment_queue": "underpayments",
    "list_patient_timeline": "audit_log",
    "list_facilities": "facilities",
    "list_figure_checks": "figure_checks",
    "list_figure_rows": "claims",
    "list_filed_claims": "filed_claims",
    "list_mailbox_files": "mailbox_files",
    "list_mailboxes": "mailboxes",
    "list_outbox_attempts": "outbox_attempts",
    "list_people": "people",
    "list_policies": "policies",
    "list_mitigation_items": "mitigation_items",
    "list_overdue_mitigation_items": "mitigation_items",
    "list_risk_assessments": "risk_assessments",
    "list_policy_acknowledgements": "policy_acknowledgements",
    "list_principal_timeline": "audit_log",
    "list_record_timeline": "audit_log",
    "list_retirements": "retirements",
    "list_payment_variances": "payment_variances",
    "list_underpayment_notes": "underpayment_notes",
    "list_remittance_anomalies": "remittance_anomalies",
    "list_trading_partner_payers": "payer_routes",
    "list_picked_up_files": "picked_up_files",
    "list_transaction_adjudications": "adjudications",
    "list_transaction_ledger": "ledger_entries",
    "list_waiting_acknowledgements": "waiting_acknowledgements",
    "list_webhook_attempts": "outbox_attempts",
    "list_webhook_deliveries": "outbox_messages",
}
"""The table that a list pages through, where the operation's name does not say it."""

_A_MONTH = {
    "recorded_from": "2025-03-01T00:00:00Z",
    "recorded_until": "2025-03-31T00:00:00Z",
}

COMPANIONS: Mapping[tuple[str, str], dict[str, str]] = {
    ("export_access_log", "patient_id"): _A_MONTH,
    ("list_access_log", "patient_id"): _A_MONTH,
    ("load_code_table", "payer_id"): {"kind": "authorizations"},
}
"""What else has to be given with a query parameter."""

CURSORS: Mapping[str, Callable[[UUID], str]] = {
    "list_underpayment_queue": lambda row_id: encode_due_place(dt.date(2026, 6, 1), row_id),
    "list_denial_queue": lambda row_id: encode_place(
        QueuePlace(dt.date(2026, 6, 1), DeadlineBucket.AT_RISK, 0, row_id)
    ),
}
"""The cursors of lists that are not in the order of ids."""

Ids = Mapping[str, list[UUID]]
Slot = tuple[str | int, ...]
"""Where in a request an id stands: its part (path, query or body) and the way to it."""


class NoExample(Exception):
    """A request cannot be made: the schema says too little."""


@dataclass(frozen=True)
class Route:
    """One operation and what a request for it is made of."""

    operation: str
    method: str
    path: str
    scope: str | None
    is_public: bool
    parameters: tuple[str, ...]
    """Query parameters that hold an id, and the cursor."""
    required: Mapping[str, str]
    """Query parameters that every request needs, with an example."""
    body: Any
    media_type: str | None

    def __str__(self) -> str:
        return self.operation

    @property
    def slots(self) -> list[Slot]:
        """Every place for an id."""
        in_path: list[Slot] = [("path", part[1:-1]) for part in self.path.split("/") if "{" in part]
        return [*in_path, *(("query", name) for name in self.parameters), *_slots(self.body)]

    def request(self, chosen: Mapping[Slot, UUID]) -> "Request":
        """The request with ids in its slots; query parameters only where one is chosen."""
        path, body = self.path, copy.deepcopy(self.body)
        query = dict(self.required)
        for slot, row_id in chosen.items():
            match slot:
                case ("path", str(name)):
                    path = path.replace("{" + name + "}", str(row_id))
                case ("query", "cursor"):
                    query["cursor"] = CURSORS.get(self.operation, encode_cursor)(row_id)
                case ("query", str(name)):
                    query |= {name: str(row_id)} | COMPANIONS.get((self.operation, name), {})
                case _:
                    inner = body
                    for step in slot[1:-1]:
                        inner = inner[step]
                    inner[slot[-1]] = str(row_id)
        return Request(self.method, path, query, body, self.media_type)

    def ids(self, owned: Ids) -> dict[Slot, UUID]:
        """A company's own ids for all slots; several of one table differ where they can."""
        taken: dict[str, int] = {}
        chosen: dict[Slot, UUID] = {}
        for slot in self.slots:
            known = owned[self.table(slot)]
            at = taken.get(self.table(slot), 0)
            chosen[slot] = known[at % len(known)]
            taken[self.table(slot)] = at + 1
        return chosen

    def table(self, slot: Slot) -> str:
        """The table that the id in a slot is of."""
        name = next(str(step) for step in reversed(slot) if isinstance(step, str))
        if name == "cursor":
            return self._listed()
        whole = name.removesuffix("s").removesuffix("_id")
        word = whole if whole in ROWS_NAMED else whole.rpartition("_")[2]
        if word not in ROWS_NAMED:
            raise NoExample(f"{self}: say in ROWS_NAMED which table {name} is of")
        return ROWS_NAMED[word]

    def _listed(self) -> str:
        if self.operation in LISTED:
            return LISTED[self.operation]
        for word, table in ROWS_NAMED.items():
            if self.operation.endswith((f"_{word}s", f"_{word}es")):
                return table
        raise NoExample(f"{self}: say in LISTED which table it pages through")


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    media_type: str | None

    @property
    def headers(self) -> dict[str, str]:
        """A precondition that a row of version 1 fulfils, and what the body is."""
        media = {} if self.media_type is None else {"Content-Type": self.media_type}
        return {"If-Match": '"1"'} | media

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return b"" if self.media_type is None else json.dumps(self.body).encode()


def routes_of(app: Litestar) -> list[Route]:
    """Every operation of the OpenAPI document."""
    handlers = {str(each.operation_id): each for each in handlers_of(app)}
    document = document_of(app)
    return [
        Route(
            operation=str(operation["operationId"]),
            method=method.upper(),
            path=path,
            scope=handlers[operation["operationId"]].opt["scope"],
            is_public=handlers[operation["operationId"]].opt["is_public"],
            parameters=tuple(_ids_in_query(operation)),
            required=_required_in_query(operation, document["components"]["schemas"]),
            **_body_of(operation),
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def _ids_in_query(operation: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        is_id = "'uuid'" in repr(parameter["schema"]) or parameter["name"].endswith("_id")
        names_a_row = is_id and parameter["name"] != "provider_id"
        if parameter["in"] == "query" and (names_a_row or parameter["name"] == "cursor"):
            yield parameter["name"]


def _required_in_query(
    operation: Mapping[str, Any], definitions: Mapping[str, Any]
) -> dict[str, str]:
    return {
        parameter["name"]: str(example_of(parameter["schema"], definitions, parameter["name"]))
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and parameter["required"]
    }


def _body_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, described in content.items():
        if media_type == "application/json" and "example" not in described:
            raise NoExample(f"{operation['operationId']}: its body has no example in the schema")
        return {"body": described.get("example"), "media_type": media_type}
    return {"body": None, "media_type": None}


def _slots(value: object, way: Slot = ("body",)) -> Iterator[Slot]:
    match value:
        case str() if _is_uuid(value):
            yield way
        case dict():
            for name, inner in value.items():
                yield from _slots(inner, (*way, name))
        case list():
            for at, inner in enumerate(value):
                yield from _slots(inner, (*way, at))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
