"""The moves of an audit, and the two rules of how it ends.

An audit ends on site with findings, so that it is *completed* asks of a critical one only that
somebody has answered it: with a corrective action, an accepted risk, or evidence that it is mended.
It is not *passed* while a critical finding stands open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from services.refusals import IllegalTransition, Refusal
from storage.vocabulary.audits import AuditStatus

LEGAL_MOVES: Mapping[AuditStatus, Sequence[AuditStatus]] = {
    AuditStatus.SCHEDULED: (AuditStatus.IN_PROGRESS,),
    AuditStatus.IN_PROGRESS: (AuditStatus.COMPLETED,),
    AuditStatus.COMPLETED: (AuditStatus.PASSED, AuditStatus.FAILED),
    AuditStatus.PASSED: (),
    AuditStatus.FAILED: (),
}
"""Nothing goes back: each of its moments is stamped once."""


@dataclass
class CriticalFindingsOpen(Refusal):
    """An audit that has found something critical is not passed before that is closed or accepted,
    and not completed before somebody has answered it."""

    title: ClassVar[str] = "Critical findings stand open"
    findings: list[str]
    """Their numbers."""


def require_move(state: AuditStatus, wanted: AuditStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    legal = LEGAL_MOVES[state]
    if wanted not in legal:
        raise IllegalTransition("audit", state, wanted, [str(each) for each in legal])


def require_status(state: AuditStatus, wanted: str, *allowed: AuditStatus) -> None:
    """Raises IllegalTransition for what an audit in this state does not allow."""
    if state not in allowed:
        raise IllegalTransition("audit", state, wanted, [str(each) for each in LEGAL_MOVES[state]])
