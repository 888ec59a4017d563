"""Rows of claims: who is treated, by whom, what is sent, answered, decided and appealed."""

from __future__ import annotations

from typing import Protocol

from storage.filters import (
    AcknowledgementFileFilter,
    AppealAttachmentFilter,
    AppealRuleFilter,
    ByAppeal,
    ByBatch,
    ByClaim,
    ByClaimRule,
    ByCodeTable,
    ByDenial,
    ByRemittance,
    ByScrubRun,
    CareProviderFilter,
    ClaimAppealFilter,
    ClaimBatchFilter,
    ClaimFileFilter,
    ClaimFilter,
    ClaimRuleFilter,
    CodeFilter,
    CodeTableFilter,
    CoverageFilter,
    DecidedLineMatchFilter,
    FacilityFilter,
    FigureCheckFilter,
    FigureInputFilter,
    FiledClaimFilter,
    IdentityProviderFilter,
    PatientFilter,
    PayerFilter,
    PayerRouteFilter,
    PersonIdentityFilter,
    PickedUpFileFilter,
    ProcedurePairFilter,
    RemittanceExceptionFilter,
    RemittanceFilter,
    RemittanceTransactionFilter,
    RuleBypassFilter,
    ScrubRunFilter,
    TradingPartnerFilter,
    WaitingAcknowledgementFilter,
)
from storage.interface.contract import (
    Log,
    Repository,
)
from storage.tables import appeals as appeal_tables
from storage.tables import claims as claim_tables
from storage.tables import clearing as clearing_tables
from storage.tables import codes as coding_tables
from storage.tables import decided_lines as decided_line_tables
from storage.tables import denial_work as denial_tables
from storage.tables import figures as figure_tables
from storage.tables import parties as party_tables
from storage.tables import providers as provider_tables
from storage.tables import remittances as remittance_tables
from storage.tables import scrubbing as scrub_tables


class ClaimRows(Protocol):
    """A part of `Store`."""

    identity_providers: Repository[
        provider_tables.IdentityProviderFields,
        provider_tables.IdentityProvider,
        IdentityProviderFilter,
    ]
    person_identities: Repository[
        provider_tables.PersonIdentityFields, provider_tables.PersonIdentity, PersonIdentityFilter
    ]
    payers: Repository[claim_tables.PayerFields, claim_tables.Payer, PayerFilter]
    patients: Repository[claim_tables.PatientFields, claim_tables.Patient, PatientFilter]
    coverages: Repository[party_tables.CoverageFields, party_tables.Coverage, CoverageFilter]
    care_providers: Repository[
        party_tables.CareProviderFields, party_tables.CareProvider, CareProviderFilter
    ]
    facilities: Repository[party_tables.FacilityFields, party_tables.Facility, FacilityFilter]
    claims: Repository[claim_tables.ClaimFields, claim_tables.Claim, ClaimFilter]
    claim_lines: Repository[claim_tables.ClaimLineFields, claim_tables.ClaimLine, ByClaim]
    claim_batches: Repository[
        claim_tables.ClaimBatchFields, claim_tables.ClaimBatch, ClaimBatchFilter
    ]
    claim_batch_items: Log[claim_tables.ClaimBatchItemFields, claim_tables.ClaimBatchItem, ByBatch]
    claim_transmissions: Log[
        claim_tables.ClaimTransmissionFields, claim_tables.ClaimTransmission, ByClaim
    ]
    claim_acknowledgements: Log[
        claim_tables.ClaimAcknowledgementFields, claim_tables.ClaimAcknowledgement, ByClaim
    ]
    appeal_rules: Repository[
        appeal_tables.AppealRuleFields, appeal_tables.AppealRule, AppealRuleFilter
    ]
    claim_appeals: Repository[
        appeal_tables.ClaimAppealFields, appeal_tables.ClaimAppeal, ClaimAppealFilter
    ]
    appeal_denials: Log[appeal_tables.AppealDenialFields, appeal_tables.AppealDenial, ByAppeal]
    appeal_attachments: Repository[
        appeal_tables.AppealAttachmentFields, appeal_tables.AppealAttachment, AppealAttachmentFilter
    ]
    trading_partners: Repository[
        clearing_tables.TradingPartnerFields, clearing_tables.TradingPartner, TradingPartnerFilter
    ]
    payer_routes: Repository[
        clearing_tables.PayerRouteFields, clearing_tables.PayerRoute, PayerRouteFilter
    ]
    claim_files: Repository[
        clearing_tables.ClaimFileFields, clearing_tables.ClaimFile, ClaimFileFilter
    ]
    filed_claims: Repository[
        clearing_tables.FiledClaimFields, clearing_tables.FiledClaim, FiledClaimFilter
    ]
    acknowledgement_files: Log[
        clearing_tables.AcknowledgementFileFields,
        clearing_tables.AcknowledgementFile,
        AcknowledgementFileFilter,
    ]
    waiting_acknowledgements: Repository[
        clearing_tables.WaitingAcknowledgementFields,
        clearing_tables.WaitingAcknowledgement,
        WaitingAcknowledgementFilter,
    ]
    picked_up_files: Log[
        clearing_tables.PickedUpFileFields, clearing_tables.PickedUpFile, PickedUpFileFilter
    ]
    code_tables: Repository[coding_tables.CodeTableFields, coding_tables.CodeTable, CodeTableFilter]
    codes: Log[coding_tables.CodeFields, coding_tables.Code, CodeFilter]
    procedure_pairs: Log[
        coding_tables.ProcedurePairFields, coding_tables.ProcedurePair, ProcedurePairFilter
    ]
    unit_limits: Log[coding_tables.UnitLimitFields, coding_tables.UnitLimit, ByCodeTable]
    fees: Log[coding_tables.FeeFields, coding_tables.Fee, ByCodeTable]
    scrub_runs: Log[scrub_tables.ScrubRunFields, scrub_tables.ScrubRun, ScrubRunFilter]
    scrub_results: Log[scrub_tables.ScrubResultFields, scrub_tables.ScrubResult, ByScrubRun]
    scrub_releases: Log[scrub_tables.ScrubReleaseFields, scrub_tables.ScrubRelease, ByClaim]
    claim_rules: Repository[scrub_tables.ClaimRuleFields, scrub_tables.ClaimRule, ClaimRuleFilter]
    claim_rule_revisions: Log[
        scrub_tables.ClaimRuleRevisionFields, scrub_tables.ClaimRuleRevision, ByClaimRule
    ]
    claim_rule_trials: Log[
        scrub_tables.ClaimRuleTrialFields, scrub_tables.ClaimRuleTrial, ByClaimRule
    ]
    rule_bypasses: Repository[
        scrub_tables.RuleBypassFields, scrub_tables.RuleBypass, RuleBypassFilter
    ]
    remittances: Repository[
        remittance_tables.RemittanceFields, remittance_tables.Remittance, RemittanceFilter
    ]
    remittance_anomalies: Log[
        remittance_tables.RemittanceAnomalyFields, remittance_tables.RemittanceAnomaly, ByRemittance
    ]
    remittance_transactions: Repository[
        remittance_tables.RemittanceTransactionFields,
        remittance_tables.RemittanceTransaction,
        RemittanceTransactionFilter,
    ]
    remittance_exceptions: Repository[
        remittance_tables.RemittanceExceptionFields,
        remittance_tables.RemittanceException,
        RemittanceExceptionFilter,
    ]
    decided_line_matches: Repository[
        decided_line_tables.DecidedLineMatchFields,
        decided_line_tables.DecidedLineMatch,
        DecidedLineMatchFilter,
    ]
    denial_notes: Log[denial_tables.DenialNoteFields, denial_tables.DenialNote, ByDenial]
    denial_outcomes: Log[denial_tables.DenialOutcomeFields, denial_tables.DenialOutcome, ByDenial]
    figure_checks: Repository[
        figure_tables.FigureCheckFields, figure_tables.FigureCheck, FigureCheckFilter
    ]
    figure_inputs: Repository[
        figure_tables.FigureInputFields, figure_tables.FigureInput, FigureInputFilter
    ]
