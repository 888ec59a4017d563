"""What of a company's rows an archive carries, and what it leaves out, each by name.

An archive is as good as its passphrase, so nothing that signs anybody in or opens anything stands
in it. ``tests/archive`` holds these lists against the database: a column of bytes, or one that is
named or declared like a secret, must stand in one of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import SQLModel

from storage.security import tenant_tables

TABLES_LEFT_OUT: Mapping[str, str] = {
    "calendar_feeds": "secret links: people make theirs anew",
    "data_keys": "keys of the installation: the other one makes its own",
    "one_time_tokens": "links that set a password: ask for new ones",
    "second_factors": "secrets of people's devices: people enrol anew",
    "stored_answers": "answers to repeated requests, which lapse after a day",
}
"""Tables of which no row is carried, each with the reason; no other table's row names theirs."""


class Treatment(StrEnum):
    """What stands in a column that is left out once the row has come in."""

    EMPTIED = "emptied"
    """Nothing."""
    UNKNOWN_HASH = "unknown_hash"
    """A hash of random bytes that nobody has."""
    UNKNOWN_SECRET = "unknown_secret"  # noqa: S105 -- a name, no secret
    """A sealed secret that nobody has, where there was one."""
    SEALED_ANEW = "sealed_anew"
    """The same, sealed under the other installation's key: a record and no means of entry."""
    PLACED_ANEW = "placed_anew"
    """Where the other installation keeps the file."""


TREATMENTS: Mapping[str, Treatment] = {
    "api_keys.previous_secret_sha256": Treatment.EMPTIED,
    "api_keys.secret_sha256": Treatment.UNKNOWN_HASH,
    "care_providers.sealed_tax_identifier": Treatment.SEALED_ANEW,
    "identity_providers.client_secret": Treatment.UNKNOWN_SECRET,
    "mailboxes.sealed_password": Treatment.UNKNOWN_SECRET,
    "mailboxes.sealed_private_key": Treatment.UNKNOWN_SECRET,
    "outbox_messages.sealed_payload": Treatment.EMPTIED,
    "people.password_hash": Treatment.EMPTIED,
    "person_sessions.browser": Treatment.EMPTIED,
    "person_sessions.csrf_sha256": Treatment.UNKNOWN_HASH,
    "person_sessions.network": Treatment.EMPTIED,
    "person_sessions.secret_sha256": Treatment.UNKNOWN_HASH,
    "stored_files.data_key_number": Treatment.PLACED_ANEW,
    "stored_files.object_key": Treatment.PLACED_ANEW,
    "webhook_endpoints.sealed_previous_secret": Treatment.EMPTIED,
    "webhook_endpoints.sealed_secret": Treatment.UNKNOWN_SECRET,
}
"""Columns that are not carried as they are, of tables that are."""

FINGERPRINTS_CARRIED = frozenset(
    {
        "access_reviews.content_sha256",
        "acknowledgement_files.sha256",
        "assessment_records.content_hash",
        "bank_lines.line_key",
        "claim_appeals.packet_sha256",
        "code_tables.sha256",
        "compliance_attestations.content_hash",
        "compliance_evidence.content_hash",
        "compliance_packs.content_hash",
        "compliance_report_drafts.issued_hash",
        "compliance_reports.content_hash",
        "compliance_signatures.content_hash",
        "compliance_signatures.previous_hash",
        "compliance_signatures.signature_hash",
        "import_records.sha256",
        "mips_lists.sha256",
        "mips_scores.rules_sha256",
        "people.password_is_temporary",
        "picked_up_files.sha256",
        "policy_acknowledgements.content_hash",
        "policy_approvals.content_hash",
        "policy_texts.content_hash",
        "policy_versions.content_hash",
        "remittance_transactions.content_sha256",
        "remittance_transactions.transaction_key",
        "remittances.sha256",
        "requirement_versions.content_hash",
        "retirements.signature",
        "risk_assessments.content_hash",
        "scrub_runs.results_sha256",
        "seals.hash",
        "seals.members",
        "seals.previous_hash",
        "seals.signature",
        "stored_files.sha256",
    }
)
"""Columns that look like secrets and are none: what proves that records are what they were."""


@dataclass(frozen=True)
class ArchivedTable:
    """A table that is carried."""

    table: sa.Table

    @property
    def name(self) -> str:
        """Its name."""
        return self.table.name

    @property
    def carried(self) -> list[str]:
        """The columns that come back as they were."""
        return [each.name for each in self.table.columns if self.treatment(each.name) is None]

    @property
    def treated(self) -> Mapping[str, Treatment]:
        """The others, and what becomes of each."""
        found = ((each.name, self.treatment(each.name)) for each in self.table.columns)
        return {name: treatment for name, treatment in found if treatment is not None}

    def treatment(self, column: str) -> Treatment | None:
        """What becomes of a column, None where it is carried as it is."""
        return TREATMENTS.get(f"{self.name}.{column}")


def archived_tables() -> Iterator[ArchivedTable]:
    """Every table that is carried, those that others' rows name before the others."""
    wanted = tenant_tables().keys() - TABLES_LEFT_OUT.keys()
    for table in SQLModel.metadata.sorted_tables:
        if table.name in wanted:
            yield ArchivedTable(table)
