"""Where corrective actions were at the end of a day: what the last of their steps left by then, in
one statement that names the company in every predicate."""

from collections.abc import Mapping

from storage.postgres.bound import BoundTransaction
from storage.standings import ActionFound, ActionQuestion
from storage.vocabulary.audits import ActionStatus

_ACTIONS = """
SELECT action.id, action.audit_id, action.finding_id, last.status, last.assignee_id, last.due_on,
       last.is_overdue
FROM corrective_actions AS action
CROSS JOIN LATERAL (
    SELECT step.status, step.assignee_id, step.due_on,
           step.status IN ('planned', 'in_progress') AND step.due_on < %(on)s AS is_overdue
    FROM action_steps AS step
    WHERE step.company_id = %(company_id)s
      AND step.action_id = action.id
      AND step.taken_on <= %(on)s
      AND step.recorded_at <= %(known_at)s
    ORDER BY step.number DESC
    LIMIT 1
) AS last
WHERE action.company_id = %(company_id)s
"""

_CONDITIONS: Mapping[str, str] = {
    "action_ids": "action.id = ANY (%(action_ids)s::uuid[])",
    "audit_id": "action.audit_id = %(audit_id)s",
    "finding_id": "action.finding_id = %(finding_id)s",
    "status": "last.status = %(status)s",
    "assignee_id": "last.assignee_id = %(assignee_id)s",
    "is_overdue": "last.is_overdue = %(is_overdue)s",
    "after": "action.id > %(after)s",
}


class PostgresActionFigures:
    """See ``storage.interface.ActionFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def found(self, question: ActionQuestion) -> list[ActionFound]:
        given = [name for name in _CONDITIONS if getattr(question, name) is not None]
        sql = " AND ".join([_ACTIONS, *(_CONDITIONS[name] for name in given)])
        sql += " ORDER BY action.id"
        if question.limit is not None:
            sql += " LIMIT %(limit)s"
        cursor = await self._store.execute(
            sql,
            {
                "company_id": self._store.company_id,
                **{name: getattr(question, name) for name in (*given, "on", "known_at", "limit")},
            },
        )
        return [
            ActionFound(
                action_id=action_id,
                audit_id=audit_id,
                finding_id=finding_id,
                status=ActionStatus(status),
                assignee_id=assignee_id,
                due_on=due_on,
                is_overdue=is_overdue,
            )
            for (
                action_id,
                audit_id,
                finding_id,
                status,
                assignee_id,
                due_on,
                is_overdue,
            ) in await cursor.fetchall()
        ]
