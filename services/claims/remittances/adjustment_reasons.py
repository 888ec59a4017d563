"""What claim adjustment reason codes and remark codes mean for the one who posts them.

The codes are X12's identifiers; labels, natures, categories and advice are our own and stand in
``data/adjustment_reasons.toml`` with effective dates and sources. The nature does not depend on
the group code, so CO-29, PR-29 and OA-29 are one reason; what the group adds is decided where
money is settled.
"""

import datetime as dt
import tomllib
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from itertools import pairwise

import msgspec


class ReasonNature(StrEnum):
    """What kind of thing a reason says about the amount."""

    CONTRACTUAL = "contractual"  # the fee schedule or contract: written off
    PAYMENT_REDUCTION = "payment_reduction"  # law, withholding, penalty, incentive: written off
    PATIENT_SHARE = "patient_share"  # deductible, coinsurance, copayment
    DENIAL = "denial"  # somebody has to work it; never written off by itself
    EARLIER_PAYER = "earlier_payer"  # what another payer did before; kept, never posted
    INFORMATIONAL = "informational"  # neither money nor work
    UNKNOWN = "unknown"  # not in the table: neither written off nor ignored


REFUSING_NATURES = frozenset({ReasonNature.DENIAL, ReasonNature.UNKNOWN})
"""Natures that refuse payment. An unknown reason is one of them: treated as settled, the money
would be lost without anyone looking."""


class DenialCategory(StrEnum):
    """What a denial is about."""

    AUTHORIZATION = "authorization"
    REFERRAL = "referral"
    MEDICAL_RECORDS = "medical_records"
    TIMELY_FILING = "timely_filing"
    DUPLICATE = "duplicate"
    PLACE_OF_SERVICE = "place_of_service"
    SEX_CONFLICT = "sex_conflict"
    AGE_CONFLICT = "age_conflict"
    PATIENT_INFORMATION = "patient_information"
    BUNDLED = "bundled"
    FREQUENCY_LIMIT = "frequency_limit"
    PROVIDER_INFORMATION = "provider_information"
    DIAGNOSIS = "diagnosis"
    PROCEDURE = "procedure"
    MODIFIER = "modifier"
    DRUG_CODE = "drug_code"
    INSURANCE_INFORMATION = "insurance_information"
    NO_COVERAGE = "no_coverage"
    COORDINATION_OF_BENEFITS = "coordination_of_benefits"
    WRONG_PAYER = "wrong_payer"
    CREDENTIALING = "credentialing"
    CONTRACT = "contract"
    TAX_FORM = "tax_form"
    NOT_COVERED = "not_covered"
    EXPERIMENTAL = "experimental"
    MEDICAL_NECESSITY = "medical_necessity"
    INFORMATION_FROM_PROVIDER = "information_from_provider"
    INFORMATION_FROM_PATIENT = "information_from_patient"
    BILLING_ERROR = "billing_error"
    BENEFIT_MAXIMUM = "benefit_maximum"
    LINKAGE = "linkage"
    PAYER_PROCESS = "payer_process"
    UNKNOWN = "unknown"


class DenialOwner(StrEnum):
    """The desk whose work a denial is."""

    AUTHORIZATION_TEAM = "authorization_team"
    BILLER = "biller"
    CODER = "coder"
    CONTRACTING = "contracting"
    CREDENTIALING = "credentialing"
    FRONT_DESK = "front_desk"
    MEDICAL_RECORDS = "medical_records"
    DENIAL_SPECIALIST = "denial_specialist"


class DenialHandling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a denial came about and how to work it."""

    category: DenialCategory
    root_cause: str
    owner: DenialOwner
    next_action: str
    is_correctable: bool  # a corrected claim can mend it
    is_appealable: bool


class AdjustmentReason(msgspec.Struct, frozen=True):
    """One claim adjustment reason code during one period; ``effective_to`` is its last day."""

    code: str
    label: str
    nature: ReasonNature
    handling: DenialHandling | None  # set where the nature is DENIAL or UNKNOWN
    is_refined_by_remarks: bool  # the remark codes say what it is about
    effective_from: dt.date
    effective_to: dt.date | None
    source: str

    def is_in_force(self, on: dt.date) -> bool:
        """Whether the entry applies to a remittance of this day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class WithoutAppeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A remark's statement that the decision cannot be appealed, and what to do instead."""

    next_action: str
    is_correctable: bool  # a new claim is the way, whatever the reason says


class RemarkCode(msgspec.Struct, frozen=True):
    """One remark code that changes how a denial is worked."""

    code: str
    label: str
    handling: DenialHandling | None  # what the denial is about, where the remark says it
    without_appeal: WithoutAppeal | None
    source: str


class InvalidReasonTable(Exception):
    """The packaged table contradicts itself; raised while the program starts."""


class _ReasonRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    label: str
    nature: ReasonNature
    category: DenialCategory | None = None
    root_cause: str | None = None
    owner: DenialOwner | None = None
    next_action: str | None = None
    correctable: bool | None = None
    appealable: bool | None = None
    refined_by_remarks: bool = False
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    source: str | None = None


class _RemarkRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    label: str
    category: DenialCategory | None = None
    without_appeal: WithoutAppeal | None = None
    source: str | None = None


class _ReasonFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    effective_from: dt.date
    source: str
    categories: list[DenialHandling]
    reasons: list[_ReasonRow]
    remarks: list[_RemarkRow]


class ReasonTable:
    """The reasons and remarks of one edition, checked when made."""

    def __init__(
        self,
        *,
        edition: dt.date,
        handlings: Iterable[DenialHandling],
        reasons: Iterable[AdjustmentReason],
        remarks: Iterable[RemarkCode],
    ) -> None:
        self.edition = edition
        self._handlings = {handling.category: handling for handling in handlings}
        self._remarks = {remark.code: remark for remark in remarks}
        self._reasons: dict[str, tuple[AdjustmentReason, ...]] = {}
        for reason in sorted(reasons, key=lambda entry: entry.effective_from):
            self._reasons[reason.code] = (*self._reasons.get(reason.code, ()), reason)
        self._check()
        self.unknown = AdjustmentReason(
            code="unknown",
            label="Reason that this table does not know",
            nature=ReasonNature.UNKNOWN,
            handling=self._handlings[DenialCategory.UNKNOWN],
            is_refined_by_remarks=True,
            effective_from=dt.date.min,
            effective_to=None,
            source="the absence of an entry",
        )

    def _check(self) -> None:
        missing = sorted(set(DenialCategory) - set(self._handlings))
        if missing:
            raise InvalidReasonTable(f"no handling for the categories {missing}")
        for code, periods in self._reasons.items():
            for earlier, later in pairwise(periods):
                if earlier.effective_to is None or later.effective_from <= earlier.effective_to:
                    raise InvalidReasonTable(f"the periods of reason {code} overlap")
            for reason in periods:
                if (reason.nature is ReasonNature.DENIAL) != (reason.handling is not None):
                    raise InvalidReasonTable(f"reason {code}: a denial, and only that, is handled")

    @property
    def codes(self) -> tuple[str, ...]:
        """Every reason code that the table knows."""
        return tuple(self._reasons)

    def reason(self, code: str, on: dt.date) -> AdjustmentReason:
        """What a CARC means on a day; ``unknown`` where the table has no entry in force."""
        for entry in self._reasons.get(code, ()):
            if entry.is_in_force(on):
                return entry
        return self.unknown

    def remark(self, code: str) -> RemarkCode | None:
        """What a remark code changes about a denial, or None where it changes nothing."""
        return self._remarks.get(code)

    def handling(self, category: DenialCategory) -> DenialHandling:
        """How denials of a category are worked unless their reason says otherwise."""
        return self._handlings[category]


def parse_reason_table(text: str) -> ReasonTable:
    """The table that a TOML text describes.

    A reason inherits from its category what it does not say itself, and dates and source from the
    head of the file. Raises InvalidReasonTable or msgspec.ValidationError.
    """
    content = msgspec.convert(tomllib.loads(text), _ReasonFile)
    handlings = {handling.category: handling for handling in content.categories}
    if len(handlings) != len(content.categories):
        raise InvalidReasonTable("a category is described twice")
    if len({remark.code for remark in content.remarks}) != len(content.remarks):
        raise InvalidReasonTable("a remark code is described twice")
    return ReasonTable(
        edition=content.edition,
        handlings=content.categories,
        reasons=[_reason(row, content, handlings) for row in content.reasons],
        remarks=[
            RemarkCode(
                code=row.code,
                label=row.label,
                handling=None if row.category is None else handlings[row.category],
                without_appeal=row.without_appeal,
                source=row.source or content.source,
            )
            for row in content.remarks
        ],
    )


def _reason(
    row: _ReasonRow, content: _ReasonFile, handlings: dict[DenialCategory, DenialHandling]
) -> AdjustmentReason:
    handling = None
    if row.category is not None:
        inherited = handlings[row.category]
        handling = DenialHandling(
            category=row.category,
            root_cause=row.root_cause or inherited.root_cause,
            owner=row.owner or inherited.owner,
            next_action=row.next_action or inherited.next_action,
            is_correctable=(
                inherited.is_correctable if row.correctable is None else row.correctable
            ),
            is_appealable=inherited.is_appealable if row.appealable is None else row.appealable,
        )
    return AdjustmentReason(
        code=row.code,
        label=row.label,
        nature=row.nature,
        handling=handling,
        is_refined_by_remarks=row.refined_by_remarks,
        effective_from=row.effective_from or content.effective_from,
        effective_to=row.effective_to,
        source=row.source or content.source,
    )


REASONS = parse_reason_table(
    files("services.claims").joinpath("data/adjustment_reasons.toml").read_text("utf-8")
)
"""The packaged table."""
