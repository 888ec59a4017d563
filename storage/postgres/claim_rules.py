"""What can be asked about a claim beyond its columns. Lists and figures use the same expression,
so that a figure's drill-down shows the very claims that it counted."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from storage.tables.claims import Claim
from storage.tables.clearing import FiledClaim
from storage.tables.ledger import Adjudication, Denial

_UNDECIDED = ("predetermination", "not_ours", "reversed")
"""Outcomes that are no decision of a payer about the claim."""


def _table(row: type[SQLModel]) -> sa.Table:
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


claims, adjudications, denials = _table(Claim), _table(Adjudication), _table(Denial)
filed_claims = _table(FiledClaim)


def _of_company(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return table.c.company_id == sa.bindparam("company_id", type_=sa.Uuid)


def _initially_denied() -> sa.ColumnElement[bool]:
    """The first decision of any payer (by effective day, not by arrival) holds a denial."""
    earlier = adjudications.alias("earlier")
    first = adjudications.alias("first_decision")
    place = sa.tuple_(first.c.effective_on, first.c.order_key, first.c.id)
    before = sa.tuple_(earlier.c.effective_on, earlier.c.order_key, earlier.c.id)
    something_earlier = sa.exists().where(
        _of_company(earlier),
        earlier.c.claim_id == first.c.claim_id,
        earlier.c.outcome.not_in([sa.literal_column(f"'{each}'") for each in _UNDECIDED]),
        before < place,
    )
    denied = (
        sa.select(denials.c.claim_id)
        .join(
            first,
            sa.and_(
                first.c.company_id == denials.c.company_id,
                first.c.id == denials.c.adjudication_id,
            ),
        )
        .where(_of_company(denials), _of_company(first), ~something_earlier)
    )
    return claims.c.id.in_(denied)


def _in_file() -> sa.ColumnElement[bool]:
    """It stands in a file that was neither delivered nor cancelled."""
    on_the_way: list[sa.ColumnElement[str]] = [
        sa.literal_column(f"'{each}'") for each in ("chosen", "prepared")
    ]
    filed = sa.select(filed_claims.c.claim_id).where(
        _of_company(filed_claims), filed_claims.c.status.in_(on_the_way)
    )
    return claims.c.id.in_(filed)


_NOTHING_OPEN = sa.and_(
    claims.c.insurance_balance_cents == sa.literal_column("0"),
    claims.c.patient_balance_cents == sa.literal_column("0"),
)

CLAIM_RULES: Mapping[str, sa.ColumnElement[Any]] = {
    "is_submitted": claims.c.submitted_at.is_not(None),
    "is_appealed": claims.c.appeal_count > sa.literal_column("0"),
    "is_in_file": _in_file(),
    "is_settled": sa.and_(claims.c.submitted_at.is_not(None), _NOTHING_OPEN),
    "is_in_credit": sa.or_(
        claims.c.insurance_credit_since.is_not(None), claims.c.patient_credit_since.is_not(None)
    ),
    "was_initially_denied": sa.and_(claims.c.submitted_at.is_not(None), _initially_denied()),
}
"""True or false for every claim, by the name of the condition in ``ClaimFilter``."""
