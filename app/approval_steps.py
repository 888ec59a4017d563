"""Every kind of step that can take a second person. A new one is a step of its service and a line
here."""

from services.approvals.steps import Steps
from services.claims import exception_release, exception_return, remittance_review
from services.trail import hold_release

STEPS: Steps = {
    step.kind: step
    for step in (
        exception_release.RELEASE,
        exception_return.RETURN,
        remittance_review.ACCEPTANCE,
        hold_release.RELEASE,
    )
}
