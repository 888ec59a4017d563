"""What each measure counts: one declaration, from which its sums are kept, its figures are asked
and the rows behind them are listed, so that the three cannot differ.

Whatever it counts, a row tells payer, provider and location by the facts of its claim (``fact``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from storage.vocabulary.figures import Measure


class Source(StrEnum):
    """The rows that a measure counts some of."""

    CLAIMS = "claims"
    OPEN_CLAIMS = "open_claims"
    LEDGER = "ledger_entries"
    CASH_OF_NO_CLAIM = "ledger_entries_of_no_claim"
    REMITS = "adjudications"
    DENIAL_WRITE_OFFS = "write_offs"
    APPEALS = "claim_appeals"
    DENIALS = "denials"
    PATIENT_PAYMENTS = "patient_payments"


SUMMED = frozenset({Source.CLAIMS, Source.LEDGER})
"""Sources whose measures are kept as sums by month; the others are few, and read as they are."""


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """By what rows can be told apart."""

    payer_id: str
    provider_id: str
    location: str


_OF_CLAIM = Dimensions(
    payer_id="fact.payer_id", provider_id="fact.provider_id", location="fact.location"
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Where the rows of a source are; every table in it is bound to the company.

    ``alone`` is the same without the facts of their claims, for questions about all claims.
    """

    sql: str
    alone: str
    row_id: str
    claim_id: str
    dimensions: Dimensions = _OF_CLAIM


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Rows of a source under a condition, the day that each belongs to, and an amount of it."""

    source: Source
    day: str
    condition: str
    amount: str


def _facts(condition: str = "true") -> Rows:
    """Facts of claims themselves."""
    sql = f"FROM claim_facts AS fact WHERE fact.company_id = %(company_id)s AND {condition}"
    return Rows(sql=sql, alone=sql, row_id="fact.id", claim_id="fact.id")


def _items(tables: str, *names: str) -> Rows:
    """Rows that belong to a claim, called ``item``; ``names`` are the other tables' aliases."""
    bound = " AND ".join(f"{name}.company_id = %(company_id)s" for name in ("item", *names))
    return Rows(
        sql=(
            f"FROM {tables} JOIN claim_facts AS fact"
            " ON fact.company_id = item.company_id AND fact.id = item.claim_id"
            f" WHERE {bound} AND fact.company_id = %(company_id)s"
        ),
        alone=f"FROM {tables} WHERE {bound} AND item.claim_id IS NOT NULL",
        row_id="item.id",
        claim_id="item.claim_id",
    )


_OF_NO_CLAIM = (
    "FROM ledger_entries AS item WHERE item.company_id = %(company_id)s AND item.claim_id IS NULL"
)

ROWS: Mapping[Source, Rows] = {
    Source.CLAIMS: _facts(),
    Source.OPEN_CLAIMS: _facts(
        "(fact.insurance_balance_cents <> 0 OR fact.patient_balance_cents <> 0)"
    ),
    Source.LEDGER: _items("ledger_entries AS item"),
    Source.CASH_OF_NO_CLAIM: Rows(
        sql=_OF_NO_CLAIM,
        alone=_OF_NO_CLAIM,
        row_id="item.id",
        claim_id="item.claim_id",
        dimensions=Dimensions(
            payer_id="item.payer_id", provider_id="NULL::text", location="NULL::text"
        ),
    ),
    Source.REMITS: _items("adjudications AS item"),
    Source.DENIAL_WRITE_OFFS: _items(
        "write_offs AS reason JOIN ledger_entries AS item"
        " ON item.company_id = reason.company_id AND item.source_id = reason.id",
        "reason",
    ),
    Source.APPEALS: _items("claim_appeals AS item"),
    Source.DENIALS: _items("denials AS item"),
    Source.PATIENT_PAYMENTS: _items(
        "patient_payments AS payment JOIN ledger_entries AS item"
        " ON item.company_id = payment.company_id AND item.source_id = payment.id"
        " JOIN claims AS claim ON claim.company_id = item.company_id AND claim.id = item.claim_id",
        "payment",
        "claim",
    ),
}

_RECEIVABLES = "('insurance_receivable', 'patient_receivable')"
_NO_CASH = (
    "('insurance_receivable', 'patient_receivable', 'revenue', 'write_off', 'company_write_off')"
)

IS_CONTRACTUAL = (
    "((item.kind = 'write_off' AND item.adjustment_id IS NOT NULL)"
    " OR (item.kind = 'insurance_write_off' AND EXISTS ("
    "SELECT FROM write_offs AS reason WHERE reason.company_id = item.company_id"
    " AND reason.id = item.source_id AND reason.reason_code = 'contractual')))"
)
"""A write-off that the payer's contract demands, as a remittance states it or, where it does not,
the company's people."""


def _claims(day: str, condition: str, amount: str = "fact.charge_cents") -> Counted:
    return Counted(source=Source.CLAIMS, day=day, condition=condition, amount=amount)


def _ledger(condition: str, amount: str) -> Counted:
    return Counted(
        source=Source.LEDGER, day="item.effective_on", condition=condition, amount=amount
    )


def _is_cash(receivables: str) -> str:
    """Whatever moves a receivable and is no charge, no write-off and no move between the two."""
    return (
        f"((item.credit_account IN {receivables} AND item.debit_account NOT IN {_NO_CASH})"
        f" OR (item.debit_account IN {receivables} AND item.credit_account NOT IN {_NO_CASH}))"
    )


def _cash_cents(receivables: str) -> str:
    """What came in; negative where it went back."""
    return (
        f"CASE WHEN item.credit_account IN {receivables}"
        " THEN item.amount_cents ELSE -item.amount_cents END"
    )


IS_CASH, CASH_CENTS = _is_cash(_RECEIVABLES), _cash_cents(_RECEIVABLES)


def _cash(receivable: str) -> Counted:
    return _ledger(_is_cash(f"('{receivable}')"), _cash_cents(f"('{receivable}')"))


_PATIENT_CASH = _cash("patient_receivable")


def _open(day: str, condition: str, amount: str) -> Counted:
    return Counted(source=Source.OPEN_CLAIMS, day=day, condition=condition, amount=amount)


def _remits(condition: str) -> Counted:
    return Counted(
        source=Source.REMITS,
        day="item.effective_on",
        condition=f"item.payer_sequence = 1 AND {condition}",
        amount="item.charge_cents",
    )


_INSURANCE, _PATIENT = "fact.insurance_balance_cents", "fact.patient_balance_cents"
_LAST_BILLED = "coalesce(fact.last_billed_on, fact.service_on)"
_IS_SUBMITTED = "fact.is_out AND fact.is_counted"
_IS_SETTLED = "fact.is_settled AND fact.is_counted"
_DECIDES = "item.outcome NOT IN ('predetermination', 'not_ours', 'reversed')"
_IS_DUPLICATE = (
    "item.id IN (SELECT duplicate.adjudication_id FROM denials AS duplicate"
    " WHERE duplicate.company_id = %(company_id)s AND duplicate.category = 'duplicate')"
)
_DENIED_BEFORE = (
    "(SELECT max(denial.denied_on) FROM denials AS denial"
    " WHERE denial.company_id = %(company_id)s AND denial.claim_id = item.claim_id"
    " AND denial.denied_on <= item.appealed_on)"
)

_BECAUSE_OF_DENIALS = "('denial', 'timely_filing', 'no_authorization')"
"""Of the reasons in ``services/claims/data/money_reasons.toml``."""


def _appeals(day: str, condition: str, amount: str = "0") -> Counted:
    return Counted(source=Source.APPEALS, day=day, condition=condition, amount=amount)


def _denials(day: str, condition: str) -> Counted:
    """With the days that a denial took to come to rest."""
    return Counted(
        source=Source.DENIALS,
        day=day,
        condition=condition,
        amount="coalesce(item.resolved_on - item.denied_on, 0)",
    )


MEASURES: Mapping[Measure, Counted] = {
    Measure.SCRUBBED: _claims("fact.first_scrubbed_on", "fact.is_counted"),
    Measure.CLEAN: _claims("fact.first_scrubbed_on", "fact.is_clean AND fact.is_counted"),
    Measure.NEVER_SCRUBBED: _claims(
        "fact.first_billed_on", f"{_IS_SUBMITTED} AND fact.first_scrubbed_on IS NULL"
    ),
    Measure.SUBMITTED: _claims("fact.first_billed_on", _IS_SUBMITTED),
    Measure.TURNED_AWAY: _claims("fact.first_billed_on", "fact.is_turned_away"),
    Measure.VOIDED: _claims("fact.first_billed_on", "fact.is_voided"),
    Measure.DECIDED: _claims("fact.first_decided_on", _IS_SUBMITTED),
    Measure.FIRST_PASS: _claims("fact.first_decided_on", "fact.is_first_pass"),
    Measure.INITIALLY_DENIED: _claims("fact.first_decided_on", "fact.is_initially_denied"),
    Measure.SETTLED_CASH: _claims(
        "fact.service_on",
        _IS_SETTLED,
        "fact.cash_cents",
    ),
    Measure.SETTLED_REVENUE: _claims(
        "fact.service_on",
        _IS_SETTLED,
        "fact.booked_cents - fact.contractual_cents",
    ),
    Measure.UNSETTLED: _claims("fact.service_on", f"{_IS_SUBMITTED} AND NOT fact.is_settled"),
    **{
        measure: _open(day, f"{balance} {sign} 0", balance)
        for measure, day, balance, sign in (
            (Measure.INSURANCE_BY_SERVICE, "fact.service_on", _INSURANCE, ">"),
            (Measure.INSURANCE_BY_BILL, _LAST_BILLED, _INSURANCE, ">"),
            (Measure.INSURANCE_CREDITS, "fact.service_on", _INSURANCE, "<"),
            (Measure.INSURANCE_CREDITS_BY_BILL, _LAST_BILLED, _INSURANCE, "<"),
            (Measure.PATIENT_BY_SERVICE, "fact.service_on", _PATIENT, ">"),
            (Measure.PATIENT_BY_BILL, _LAST_BILLED, _PATIENT, ">"),
            (Measure.PATIENT_CREDITS, "fact.service_on", _PATIENT, "<"),
            (Measure.PATIENT_CREDITS_BY_BILL, _LAST_BILLED, _PATIENT, "<"),
        )
    },
    Measure.NET_REVENUE: _ledger(
        f"item.kind = 'charge' OR {IS_CONTRACTUAL}",
        "CASE WHEN item.kind = 'charge' THEN item.amount_cents ELSE -item.amount_cents END",
    ),
    Measure.RECEIVABLE: _ledger(
        f"(item.debit_account IN {_RECEIVABLES}) <> (item.credit_account IN {_RECEIVABLES})",
        f"CASE WHEN item.debit_account IN {_RECEIVABLES} THEN item.amount_cents"
        " ELSE -item.amount_cents END",
    ),
    Measure.PAYER_CASH: _cash("insurance_receivable"),
    Measure.PATIENT_CASH: _PATIENT_CASH,
    Measure.POINT_OF_SERVICE_CASH: replace(
        _PATIENT_CASH,
        source=Source.PATIENT_PAYMENTS,
        condition=f"{_PATIENT_CASH.condition} AND payment.received_on <= claim.service_date",
    ),
    Measure.CASH_OF_NO_CLAIM: Counted(
        source=Source.CASH_OF_NO_CLAIM,
        day="item.effective_on",
        condition="item.kind IN ('provider_adjustment', 'unapplied')",
        amount="item.amount_cents",
    ),
    Measure.PRIMARY_REMITS: _remits(f"{_DECIDES} AND NOT {_IS_DUPLICATE}"),
    Measure.ZERO_REMITS: _remits(f"{_DECIDES} AND item.paid_cents = 0 AND NOT {_IS_DUPLICATE}"),
    Measure.DUPLICATE_REMITS: _remits(f"{_DECIDES} AND {_IS_DUPLICATE}"),
    Measure.REVERSALS: _remits("item.outcome = 'reversed'"),
    Measure.DENIAL_WRITE_OFFS: Counted(
        source=Source.DENIAL_WRITE_OFFS,
        day="item.effective_on",
        condition=f"reason.reason_code IN {_BECAUSE_OF_DENIALS}",
        amount="item.amount_cents",
    ),
    Measure.APPEALS_DECIDED: _appeals("item.resolved_on", "item.resolved_on IS NOT NULL"),
    Measure.APPEALS_WON: _appeals(
        "item.resolved_on", "item.status IN ('overturned', 'partly_overturned')"
    ),
    Measure.APPEALS_FILED: _appeals(
        "item.appealed_on", f"{_DENIED_BEFORE} IS NOT NULL", f"item.appealed_on - {_DENIED_BEFORE}"
    ),
    Measure.APPEALS_WITHOUT_DENIAL: _appeals("item.appealed_on", f"{_DENIED_BEFORE} IS NULL"),
    Measure.DENIALS_RESOLVED: _denials("item.resolved_on", "item.resolved_on IS NOT NULL"),
    Measure.DENIALS_SUPERSEDED: _denials(
        "item.denied_on", "item.status = 'superseded' AND item.resolved_on IS NULL"
    ),
}


def of_source(source: Source) -> Mapping[Measure, Counted]:
    """The measures that count rows of one source."""
    return {name: each for name, each in MEASURES.items() if each.source is source}
