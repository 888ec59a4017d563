"""Every kind of step that can take a second person. A new one is a step of its service and a line
here."""

from services.approvals.steps import Steps
from services.claims.appealing import approving, late
from services.claims.exceptions import exception_release, exception_return
from services.claims.refunds import refunding
from services.claims.remittances import remittance_review
from services.claims.write_offs import writing_off
from services.identity import leaving
from services.regulatory_compliance import decisions
from services.regulatory_compliance.auditing import acceptance
from services.regulatory_compliance.policies import approving as policy_approving
from services.regulatory_compliance.risks import accepting as risk_accepting
from services.regulatory_compliance.risks import submitting as risk_submitting
from services.trail import hold_release

STEPS: Steps = {
    step.kind: step
    for step in (
        exception_release.RELEASE,
        exception_return.RETURN,
        remittance_review.ACCEPTANCE,
        writing_off.WRITE_OFF,
        refunding.REFUND,
        late.LATE,
        approving.PACKET,
        hold_release.RELEASE,
        leaving.DELETION,
        decisions.NOT_APPLICABLE,
        acceptance.FINDING_ACCEPTANCE,
        policy_approving.APPROVAL,
        risk_submitting.APPROVAL,
        risk_accepting.ACCEPTANCE,
    )
}
