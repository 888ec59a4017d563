"""Attachments of appeals name the patient whom they are about."""

from alembic import op
from storage.migrations import unforced

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.execute("ALTER TABLE appeal_attachments ADD patient_id uuid")
    with unforced(op.get_bind(), "appeal_attachments", "claim_appeals", "patients"):
        op.execute(
            "UPDATE appeal_attachments SET patient_id = appeal.patient_id"
            " FROM claim_appeals AS appeal"
            " WHERE appeal.company_id = appeal_attachments.company_id"
            " AND appeal.id = appeal_attachments.appeal_id"
        )
        op.execute(
            "ALTER TABLE appeal_attachments ALTER patient_id SET NOT NULL,"
            " ADD CONSTRAINT fk_appeal_attachments_patient_id"
            " FOREIGN KEY (company_id, patient_id) REFERENCES patients (company_id, id)"
        )


def downgrade() -> None:
    op.execute("ALTER TABLE appeal_attachments DROP patient_id")
