"""Who acts: kinds of principals and the state of people and keys."""

from enum import StrEnum


class PrincipalKind(StrEnum):
    PERSON = "person"
    API_KEY = "api_key"
    SYSTEM = "system"
    OPERATOR = "operator"


class Role(StrEnum):
    """A built-in set of scopes; which, says ``services.identity.scopes``."""

    ADMINISTRATOR = "administrator"
    RCM_STAFF = "rcm_staff"
    RCM_MANAGER = "rcm_manager"
    COMPLIANCE_OFFICER = "compliance_officer"
    AUDITOR = "auditor"
    EXTERNAL_AUDITOR = "external_auditor"
    QUALITY_LEAD = "quality_lead"
    VIEWER = "viewer"


class KeyFlag(StrEnum):
    """Why somebody has to look at an API key."""

    CREATOR_DISABLED = "creator_disabled"
    CREATOR_LOST_SCOPES = "creator_lost_scopes"


class TokenPurpose(StrEnum):
    """What a token that serves once is for."""

    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- the name of a purpose


class AuditAction(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
