"""Nobody upholds an attestation that they have signed: one person, one signature for it."""

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0080"
down_revision = "0077"

_INDEX = "uq_compliance_signatures_attestation_id_person_id"
_FOR_IT = "kind IN ('attested', 'cosigned', 'upheld')"
_BEFORE = "kind IN ('attested', 'cosigned')"

_ALREADY = """
SELECT signature.id
FROM compliance_signatures AS signature
WHERE signature.kind = 'upheld'
    AND EXISTS (
        SELECT 1
        FROM compliance_signatures AS earlier
        WHERE earlier.company_id = signature.company_id
            AND earlier.attestation_id = signature.attestation_id
            AND earlier.person_id = signature.person_id
            AND earlier.kind IN ('attested', 'cosigned', 'upheld')
            AND earlier.number < signature.number
    )
ORDER BY signature.id
"""


def upgrade() -> None:
    """What was upheld before the rule stays as it was signed, and is excepted by its id."""
    connection = op.get_bind()
    with unforced(connection, "compliance_signatures"):
        already = connection.scalars(sa.text(_ALREADY)).all()
        excepted = ", ".join(f"'{each}'" for each in already)
        _index_where(f"{_FOR_IT} AND id NOT IN ({excepted})" if already else _FOR_IT)


def downgrade() -> None:
    _index_where(_BEFORE)


def _index_where(condition: str) -> None:
    op.execute(f"DROP INDEX {_INDEX}")
    op.execute(
        f"CREATE UNIQUE INDEX {_INDEX}"
        f" ON compliance_signatures (company_id, attestation_id, person_id) WHERE {condition}"
    )
