"""The compliance of a demonstration company: some of it attested, some found wanting."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from app.demo.practices import Practice
from services.approvals.deciding import Ruling, decide_about
from services.company_calendar import company_today
from services.identity.authentication import Principal, principal_of
from services.identity.origins import Origin
from services.identity.sessions import end_session, open_session
from services.regulatory_compliance.adopting import adopt_pack
from services.regulatory_compliance.attesting import NewAttestation, attest
from services.regulatory_compliance.auditing.auditor_access import NewAuditAccess, give_access
from services.regulatory_compliance.auditing.audits import NewAudit, create_audit, start_audit
from services.regulatory_compliance.auditing.findings import NewFinding, add_finding
from services.regulatory_compliance.corrective_actions.working import NewAction, plan_action
from services.regulatory_compliance.decisions import ask_not_applicable
from services.regulatory_compliance.evidence import NewEvidence, add_evidence, link_evidence
from services.regulatory_compliance.pack_shelf import named_pack
from services.regulatory_compliance.policies.acknowledging import (
    Acknowledgement,
    acknowledge,
    own_policy,
)
from services.regulatory_compliance.policies.approving import APPROVAL as POLICY_APPROVAL
from services.regulatory_compliance.policies.approving import submit_version
from services.regulatory_compliance.policies.keeping import NewPolicy, create_policy
from services.regulatory_compliance.policies.versions import NewPolicyVersion, draft_version
from services.regulatory_compliance.risks.assessing import NewHipaaRiskAnalysis, begin_from_template
from services.regulatory_compliance.risks.mitigating import NewMitigationItem, plan
from services.regulatory_compliance.risks.risks import (
    NewRisk,
    NewRiskControl,
    add_control,
    add_risk,
)
from storage.identifiers import new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.compliance import ComplianceRequirement
from storage.vocabulary.approvals import Verdict
from storage.vocabulary.audits import AuditType, FindingSeverity
from storage.vocabulary.compliance import AttestationKind, Frequency, Program
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import PolicyChange
from storage.vocabulary.risks import ControlState, Impact, Likelihood, RiskTreatment

PACKS = ("hipaa-security", "hipaa-privacy", "osha")
ATTESTED_EVERY = 5
"""Of the requirements that come round, every fifth is attested."""

_RISK_ANALYSIS = "HIPAA-SEC-164.308(a)(1)(ii)(A)"
_TERMINATION = "HIPAA-SEC-164.308(a)(3)(ii)(C)"
_CLEARINGHOUSE = "HIPAA-SEC-164.308(a)(4)(ii)(A)"
_POLICY = """# Leaving the company

Whoever leaves hands in keys and devices on the last day of work. Their accounts are disabled that
day, and their manager says so to the security official in writing.
"""


async def keep_compliance(
    storage: IStorage, practice: Practice, company_id: UUID, ids: Mapping[Role, UUID]
) -> None:
    """Requirements, attestations, a policy, an audit that goes on, and a risk analysis begun."""
    officer = await _signed_in(storage, company_id, ids[Role.COMPLIANCE_OFFICER])
    administrator = await _signed_in(storage, company_id, ids[Role.ADMINISTRATOR])
    async with storage.transaction(company_id, _actor(officer)) as store:
        requirements = await _adopt(store)
        await _attest(store, officer, requirements.values())
        await _ask_exemption(store, officer, requirements[_CLEARINGHOUSE])
        policy_version_id = await _draft_policy(store, officer, requirements[_TERMINATION])
        await _audit(store, practice.people[Role.EXTERNAL_AUDITOR], ids, requirements)
        await _analyse_risks(store, ids)
    async with storage.transaction(company_id, _actor(administrator)) as store:
        await _approve_policy(store, administrator, policy_version_id)
    for each in (officer, administrator):
        async with storage.transaction(company_id, _actor(each)) as store:
            await _acknowledge(store, each, policy_version_id)
            await end_session(store, each.require_session(), person_id=each.id)


async def _signed_in(storage: IStorage, company_id: UUID, person_id: UUID) -> Principal:
    """A person in a session of their own, who has just proved who they are: whoever founds the
    demonstration has made their password and second factor."""
    async with storage.transaction(company_id, Actor(person_id, new_id())) as store:
        person = await store.people.get(person_id)
        origin = Origin(browser="the demonstration")
        session = (await open_session(store, person, origin=origin)).session
        return replace(await principal_of(store, person, session), proven_at=store.now)


def _actor(principal: Principal) -> Actor:
    return Actor(principal.id, new_id())


async def _adopt(store: Store) -> dict[str, ComplianceRequirement]:
    """The requirements of the packs, by their codes."""
    adopted: list[ComplianceRequirement] = []
    for name in PACKS:
        pack, text = await named_pack(store, name, None)
        adopted += await adopt_pack(store, pack, text)
    return {each.code: each for each in adopted}


async def _attest(
    store: Store, officer: Principal, requirements: Collection[ComplianceRequirement]
) -> None:
    """Evidence for what is asked of every fifth requirement that comes round, and a signature."""
    today = await company_today(store)
    since, until = today - dt.timedelta(20), today + dt.timedelta(345)
    recurring = [each for each in requirements if each.content.frequency is not Frequency.ONGOING]
    for each in recurring[::ATTESTED_EVERY]:
        shown: list[UUID] = []
        for title in each.content.evidence_required:
            fact = f"{title.capitalize()}: read and found complete by the compliance officer."
            new = NewEvidence(title=title, fact=fact, effective_on=since, expires_on=until)
            piece = await add_evidence(store, new)
            await link_evidence(store, each.id, piece.id)
            shown.append(piece.id)
        attestation = NewAttestation(
            kind=AttestationKind.SELF_ATTESTATION,
            statement=f"{each.content.name} is in place, and its evidence is at hand.",
            evidence_ids=shown,
            valid_from=since,
            valid_until=until,
        )
        await attest(store, officer, each.id, attestation)


async def _ask_exemption(
    store: Store, officer: Principal, requirement: ComplianceRequirement
) -> None:
    """A request that waits for the administrator."""
    reason = "The practice runs no clearinghouse."
    await ask_not_applicable(
        store, officer, requirement.id, reason, expected_version=requirement.version
    )


async def _draft_policy(
    store: Store, officer: Principal, requirement: ComplianceRequirement
) -> UUID:
    """A policy for everybody, sent for review; the id of its version."""
    new = NewPolicy(
        title="Leaving the company",
        category="access control",
        program=Program.HIPAA,
        owner_person_id=officer.id,
        requirement_ids=[requirement.id],
    )
    policy = await create_policy(store, new)
    text = NewPolicyVersion(
        change=PolicyChange.MAJOR, content=_POLICY, effective_on=await company_today(store)
    )
    version = await draft_version(store, policy.id, text)
    reason = "Read by the managers of all departments."
    await submit_version(store, officer, version.id, reason, expected_version=version.version)
    return version.id


async def _approve_policy(store: Store, administrator: Principal, version_id: UUID) -> None:
    ruling = Ruling(Verdict.APPROVE, "Agreed with the managers.")
    await decide_about(store, administrator, POLICY_APPROVAL, version_id, ruling)


async def _acknowledge(store: Store, reader: Principal, version_id: UUID) -> None:
    read = await own_policy(store, reader, version_id)
    said = Acknowledgement(content_sha256=read.text.content_hash.hex())
    await acknowledge(store, reader, version_id, said)


async def _audit(
    store: Store,
    auditor: str,
    people: Mapping[Role, UUID],
    requirements: Mapping[str, ComplianceRequirement],
) -> None:
    """An audit in progress, with findings, something planned, and its auditor let in."""
    today = await company_today(store)
    audited = [requirements[_RISK_ANALYSIS], requirements[_TERMINATION]]
    audit = await create_audit(
        store,
        NewAudit(
            program=Program.HIPAA,
            audit_type=AuditType.EXTERNAL,
            scope="Access to records, and the analysis of its risks.",
            requirement_ids=[each.id for each in audited],
            auditor=auditor,
            audit_firm="Northern Assurance",
            scheduled_on=today,
        ),
    )
    await start_audit(store, audit.id, expected_version=audit.version)
    accounts = await add_finding(
        store,
        audit.id,
        NewFinding(
            severity=FindingSeverity.MAJOR,
            category="access control",
            description="Two accounts of people who have left are enabled.",
            impact="They could read patients' records.",
            root_cause="Managers tell the security official by word of mouth.",
            requirement_id=requirements[_TERMINATION].id,
            identified_on=today,
            identified_by=auditor,
        ),
    )
    planned = NewAction(
        description="Disable accounts on the last day of work, from the list of the payroll.",
        assignee_id=people[Role.QUALITY_LEAD],
        due_on=today + dt.timedelta(30),
        escalation_person_id=people[Role.ADMINISTRATOR],
    )
    await plan_action(store, accounts.id, planned)
    access = NewAuditAccess(
        person_id=people[Role.EXTERNAL_AUDITOR],
        reason="Conducts the audit.",
        ends_on=today + dt.timedelta(90),
    )
    await give_access(store, audit.id, access)


async def _analyse_risks(store: Store, people: Mapping[Role, UUID]) -> None:
    """The draft of a risk analysis, with one risk and what is planned about it."""
    today = await company_today(store)
    analysis = await begin_from_template(store, NewHipaaRiskAnalysis(assessed_on=today))
    lost = await add_risk(
        store,
        analysis.id,
        NewRisk(
            category="devices",
            description="A laptop with records on it is lost or stolen.",
            likelihood=Likelihood.LIKELY,
            impact=Impact.MAJOR,
            residual_likelihood=Likelihood.POSSIBLE,
            residual_impact=Impact.MODERATE,
            treatment=RiskTreatment.MITIGATE,
            owner_person_id=people[Role.COMPLIANCE_OFFICER],
        ),
    )
    control = NewRiskControl(state=ControlState.IN_PLACE, description="Disks are encrypted.")
    await add_control(store, lost.id, control)
    item = NewMitigationItem(
        task="Keep no records on laptops: work on the server alone.",
        owner_person_id=people[Role.QUALITY_LEAD],
        due_on=today + dt.timedelta(60),
    )
    await plan(store, lost.id, item)
