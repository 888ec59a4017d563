"""Rows of the platform: people and keys, approvals, files, what leaves, the trail."""

from __future__ import annotations

from typing import Protocol

from storage.filters import (
    AccessFilter,
    AccountingFilter,
    ApiKeyFilter,
    ApprovalFilter,
    ApprovalThresholdFilter,
    AuditFilter,
    ByApproval,
    ByEmergencyAccess,
    ByImport,
    ByItem,
    ByLog,
    ByMessage,
    ByPerson,
    CompanyRoleFilter,
    DataImportFilter,
    DisclosureFilter,
    EmergencyAccessFilter,
    EventFilter,
    ImportRecordFilter,
    LegalHoldFilter,
    MailboxFileFilter,
    MailboxFilter,
    NoFilter,
    NotificationDigestFilter,
    NotificationFilter,
    NotificationPreferenceFilter,
    OneTimeTokenFilter,
    OutboxFilter,
    PersonFilter,
    QuietHoursFilter,
    ReminderFilter,
    StoredAnswerFilter,
    StoredFileFilter,
    WebhookEndpointFilter,
)
from storage.interface.contract import (
    Log,
    Repository,
)
from storage.tables import approvals as approval_tables
from storage.tables import disclosures as disclosure_tables
from storage.tables import emergency as emergency_tables
from storage.tables import factors as factor_tables
from storage.tables import files as file_tables
from storage.tables import identity as identity_tables
from storage.tables import importing as import_tables
from storage.tables import mailboxes as mailbox_tables
from storage.tables import notifications as notification_tables
from storage.tables import outbox as outbox_tables
from storage.tables import trail as trail_tables
from storage.tables import work as work_tables


class PlatformRows(Protocol):
    """A part of `Store`."""

    companies: Repository[identity_tables.CompanyFields, identity_tables.Company, NoFilter]
    deletion_requests: Repository[
        identity_tables.DeletionRequestFields, identity_tables.DeletionRequest, NoFilter
    ]
    legal_holds: Repository[
        identity_tables.LegalHoldFields, identity_tables.LegalHold, LegalHoldFilter
    ]
    principals: Repository[identity_tables.PrincipalFields, identity_tables.Principal, NoFilter]
    company_roles: Repository[
        identity_tables.CompanyRoleFields, identity_tables.CompanyRole, CompanyRoleFilter
    ]
    people: Repository[identity_tables.PersonFields, identity_tables.Person, PersonFilter]
    person_sessions: Repository[
        identity_tables.PersonSessionFields, identity_tables.PersonSession, ByPerson
    ]
    second_factors: Repository[
        factor_tables.SecondFactorFields, factor_tables.SecondFactor, ByPerson
    ]
    one_time_tokens: Repository[
        factor_tables.OneTimeTokenFields, factor_tables.OneTimeToken, OneTimeTokenFilter
    ]
    api_keys: Repository[identity_tables.ApiKeyFields, identity_tables.ApiKey, ApiKeyFilter]
    access_reviews: Log[identity_tables.AccessReviewFields, identity_tables.AccessReview, NoFilter]
    stored_answers: Log[
        work_tables.StoredAnswerFields, work_tables.StoredAnswer, StoredAnswerFilter
    ]
    data_keys: Repository[work_tables.CompanyDataKeyFields, work_tables.CompanyDataKey, NoFilter]
    outbox_messages: Repository[
        outbox_tables.OutboxMessageFields, outbox_tables.OutboxMessage, OutboxFilter
    ]
    outbox_attempts: Log[outbox_tables.OutboxAttemptFields, outbox_tables.OutboxAttempt, ByMessage]
    notifications: Repository[
        notification_tables.NotificationFields,
        notification_tables.Notification,
        NotificationFilter,
    ]
    notification_preferences: Repository[
        notification_tables.NotificationPreferenceFields,
        notification_tables.NotificationPreference,
        NotificationPreferenceFilter,
    ]
    quiet_hours: Repository[
        notification_tables.QuietHoursFields, notification_tables.QuietHours, QuietHoursFilter
    ]
    notification_digests: Log[
        notification_tables.NotificationDigestFields,
        notification_tables.NotificationDigest,
        NotificationDigestFilter,
    ]
    reminders: Log[notification_tables.ReminderFields, notification_tables.Reminder, ReminderFilter]
    events: Log[outbox_tables.EventFields, outbox_tables.Event, EventFilter]
    webhook_endpoints: Repository[
        outbox_tables.WebhookEndpointFields, outbox_tables.WebhookEndpoint, WebhookEndpointFilter
    ]
    mailboxes: Repository[mailbox_tables.MailboxFields, mailbox_tables.Mailbox, MailboxFilter]
    mailbox_files: Log[
        mailbox_tables.MailboxFileFields, mailbox_tables.MailboxFile, MailboxFileFilter
    ]
    audit_log: Log[trail_tables.AuditFields, trail_tables.AuditEntry, AuditFilter]
    api_log: Log[trail_tables.AccessFields, trail_tables.AccessEntry, AccessFilter]
    seals: Log[trail_tables.SealFields, trail_tables.Seal, ByLog]
    retirements: Log[trail_tables.RetirementFields, trail_tables.Retirement, ByLog]
    disclosures: Log[
        disclosure_tables.DisclosureFields, disclosure_tables.Disclosure, DisclosureFilter
    ]
    accountings: Log[
        disclosure_tables.AccountingFields, disclosure_tables.Accounting, AccountingFilter
    ]
    stored_files: Repository[file_tables.StoredFileFields, file_tables.StoredFile, StoredFileFilter]
    data_imports: Repository[
        import_tables.DataImportFields, import_tables.DataImport, DataImportFilter
    ]
    import_files: Log[import_tables.ImportFileFields, import_tables.ImportFile, ByImport]
    import_maps: Repository[import_tables.ImportMapFields, import_tables.ImportMap, ByImport]
    import_records: Log[
        import_tables.ImportRecordFields, import_tables.ImportRecord, ImportRecordFilter
    ]
    approvals: Repository[approval_tables.ApprovalFields, approval_tables.Approval, ApprovalFilter]
    approval_participants: Log[
        approval_tables.ApprovalParticipantFields, approval_tables.ApprovalParticipant, ByItem
    ]
    approval_decisions: Log[
        approval_tables.ApprovalDecisionFields, approval_tables.ApprovalDecision, ByApproval
    ]
    approval_thresholds: Repository[
        approval_tables.ApprovalThresholdFields,
        approval_tables.ApprovalThreshold,
        ApprovalThresholdFilter,
    ]
    emergency_accesses: Repository[
        emergency_tables.EmergencyAccessFields,
        emergency_tables.EmergencyAccess,
        EmergencyAccessFilter,
    ]
    emergency_reviews: Log[
        emergency_tables.EmergencyReviewFields, emergency_tables.EmergencyReview, ByEmergencyAccess
    ]
