"""Legal holds on one patient or one record."""

from alembic import op
from storage.migrations import unforced

revision = "0010"
down_revision = "0009"
expands = True


def upgrade() -> None:
    op.execute("ALTER TABLE legal_holds ADD COLUMN patient_id UUID, ADD COLUMN record_id UUID")
    op.execute(
        "ALTER TABLE legal_holds ADD CONSTRAINT ck_legal_holds_is_on_one_thing"
        " CHECK (patient_id IS NULL OR record_id IS NULL)"
    )
    with unforced(op.get_bind(), "legal_holds", "patients"):
        op.execute(
            "ALTER TABLE legal_holds ADD CONSTRAINT fk_legal_holds_patient_id"
            " FOREIGN KEY (company_id, patient_id) REFERENCES patients (company_id, id)"
        )


def downgrade() -> None:
    op.execute("ALTER TABLE legal_holds DROP COLUMN record_id, DROP COLUMN patient_id")
