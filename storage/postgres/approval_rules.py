"""What can be asked about a request for approval beyond its columns."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import SQLModel

from storage.tables.approvals import Approval, ApprovalDecision, ApprovalParticipant


def _table(row: type[SQLModel]) -> sa.Table:
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


approvals, decisions = _table(Approval), _table(ApprovalDecision)
participants = _table(ApprovalParticipant)

_COMPANY = sa.bindparam("company_id", type_=sa.Uuid)
_PERSON = sa.bindparam("where_left_to", type_=sa.Uuid)

_INVOLVED = sa.exists().where(
    participants.c.company_id == _COMPANY,
    participants.c.entity == approvals.c.entity,
    participants.c.entity_id == approvals.c.entity_id,
    participants.c.person_id == _PERSON,
    participants.c.role == sa.literal_column("'involved'"),
)
_HAS_DECIDED = sa.exists().where(
    decisions.c.company_id == _COMPANY,
    decisions.c.approval_id == approvals.c.id,
    decisions.c.recorded_by == _PERSON,
)

APPROVAL_RULES: Mapping[str, sa.ColumnElement[bool]] = {
    "left_to": sa.and_(~_INVOLVED, ~_HAS_DECIDED),
}
"""By the name of the condition in ``ApprovalFilter``: the person has no hand in the item and has
not decided yet."""
