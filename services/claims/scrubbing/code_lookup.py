"""What the loaded tables say of the codes of claims: six statements, however many claims."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from services.claims.scrubbing.editions import spans_of, within
from services.claims.x12.claim_model import Claim
from services.claims.x12.scrub_codes import diagnoses_of, lines_of
from services.claims.x12.scrub_tables import (
    CodePeriod,
    CodeSet,
    PairEdit,
    PairEdits,
    Rate,
    Rates,
    Span,
    Tables,
)
from storage.filters import ByCodeTable, CodeFilter, CodeTableFilter, ProcedurePairFilter
from storage.interface import Store
from storage.tables.codes import Code, CodeTable, Fee, ProcedurePair, UnitLimit
from storage.vocabulary.codes import CHARGES, CodeKind

Spans = Mapping[UUID, Span]
_Row = TypeVar("_Row", Code, ProcedurePair, UnitLimit, Fee)


@dataclass(frozen=True)
class CodeTables:
    """The tables as far as some claims need them: the same for all, but for what their payers want
    authorized."""

    shared: Tables
    authorizations: Mapping[UUID, CodeSet]

    def for_payer(self, payer_id: UUID) -> Tables:
        """The tables for a claim of a payer."""
        return replace(self.shared, needs_authorization=self.authorizations.get(payer_id))


async def tables_for(store: Store, claims: Sequence[Claim]) -> CodeTables:
    """What is loaded of everything that the claims name. Takes six statements at most."""
    editions = await store.code_tables.all(CodeTableFilter(is_standing=True))
    by_table: dict[tuple[CodeKind, str | None, UUID | None], list[CodeTable]] = {}
    for edition in editions:
        key = (edition.kind, edition.schedule, edition.payer_id)
        by_table.setdefault(key, []).append(edition)
    spans = {key: spans_of(each) for key, each in by_table.items()}
    named, procedures = _named(claims), _procedures(claims)
    sets = {key: each for key, each in spans.items() if key[0] in _SETS}
    codes = await _codes(store, _ids(sets.values()), named)
    authorizations = {
        payer_id: _code_set(each, codes)
        for (kind, _, payer_id), each in sets.items()
        if kind is CodeKind.AUTHORIZATIONS and payer_id is not None
    }

    def known(kind: CodeKind) -> CodeSet | None:
        of_kind = sets.get((kind, None, None))
        return None if of_kind is None else _code_set(of_kind, codes)

    shared = Tables(
        diagnoses=known(CodeKind.DIAGNOSES),
        procedures=known(CodeKind.PROCEDURES),
        modifiers=known(CodeKind.MODIFIERS),
        taxonomies=known(CodeKind.TAXONOMIES),
        revenue_codes=known(CodeKind.REVENUE_CODES),
        pair_edits=await _pairs(
            store, spans.get((CodeKind.PROCEDURE_PAIRS, None, None)), procedures
        ),
        unit_limits=await _limits(store, spans.get((CodeKind.UNIT_LIMITS, None, None)), procedures),
        charges=(await fee_schedules(store, [CHARGES], procedures)).get(CHARGES),
    )
    return CodeTables(shared, authorizations)


async def code_sets_for(
    store: Store, kinds: Collection[CodeKind], codes: Collection[str]
) -> Mapping[CodeKind, CodeSet]:
    """What is loaded of some codes in sets of these kinds; a set that is not loaded is left out.
    Takes two statements."""
    editions = await store.code_tables.all(CodeTableFilter(is_standing=True))
    spans = {
        kind: spans_of(each for each in editions if each.kind is kind)
        for kind in {each.kind for each in editions if each.kind in kinds}
    }
    found = await _codes(store, _ids(spans.values()), sorted(codes))
    return {kind: _code_set(each, found) for kind, each in spans.items()}


async def fee_schedules(
    store: Store, schedules: Collection[str], procedures: Collection[str]
) -> Mapping[str, Rates]:
    """The prices of some procedures in the schedules of these names; those that are not loaded are
    left out. Takes two statements."""
    editions = await store.code_tables.all(CodeTableFilter(kind=CodeKind.FEES, is_standing=True))
    spans = {
        name: spans_of(each for each in editions if each.schedule == name)
        for name in {each.schedule for each in editions if each.schedule in schedules}
        if name is not None
    }
    fees: dict[UUID, list[Fee]] = {}
    conditions = ByCodeTable(table_ids=_ids(spans.values()), codes=sorted(procedures))
    for fee in await store.fees.all(conditions) if spans and procedures else ():
        fees.setdefault(fee.table_id, []).append(fee)
    return {
        name: Rates(
            (
                Rate(code=fee.code, modifier=fee.modifier, value=fee.amount_cents, span=span)
                for fee, span in _dated(of_schedule, fees)
            ),
            tuple(of_schedule.values()),
        )
        for name, of_schedule in spans.items()
    }


_SETS = frozenset(
    {
        CodeKind.DIAGNOSES,
        CodeKind.PROCEDURES,
        CodeKind.MODIFIERS,
        CodeKind.TAXONOMIES,
        CodeKind.REVENUE_CODES,
        CodeKind.AUTHORIZATIONS,
    }
)


def _named(claims: Sequence[Claim]) -> list[str]:
    """Every code that any of the claims names."""
    named: set[str] = set()
    for claim in claims:
        named.update(each.code.replace(".", "") for _, each in diagnoses_of(claim))
        parties = (claim.billing_provider, claim.rendering, getattr(claim, "attending", None))
        named.update(each.taxonomy for each in parties if each is not None and each.taxonomy)
        for line in lines_of(claim):
            named.update(line.modifiers)
            named.add(line.procedure_code or "")
            named.add(getattr(line, "revenue_code", ""))
    return sorted(named - {""})


def _procedures(claims: Sequence[Claim]) -> list[str]:
    named = {line.procedure_code for claim in claims for line in lines_of(claim)}
    return sorted(each for each in named if each is not None)


def _ids(spans: Collection[Spans]) -> list[UUID]:
    return sorted(table_id for each in spans for table_id in each)


async def _codes(
    store: Store, table_ids: list[UUID], named: list[str]
) -> Mapping[UUID, list[Code]]:
    found: dict[UUID, list[Code]] = {}
    if table_ids and named:
        for code in await store.codes.all(CodeFilter(table_ids=table_ids, codes=named)):
            found.setdefault(code.table_id, []).append(code)
    return found


def _code_set(spans: Spans, codes: Mapping[UUID, list[Code]]) -> CodeSet:
    return CodeSet(
        (
            CodePeriod(
                code=code.code,
                effective_from=span.first,
                effective_to=span.last,
                label=code.label,
                is_billable=code.is_billable,
            )
            for code, span in _dated(spans, codes)
        ),
        tuple(spans.values()),
    )


async def _pairs(store: Store, spans: Spans | None, procedures: list[str]) -> PairEdits | None:
    if spans is None:
        return None
    found: dict[UUID, list[ProcedurePair]] = {}
    conditions = ProcedurePairFilter(
        table_ids=_ids([spans]), columns_one=procedures, columns_two=procedures
    )
    for pair in await store.procedure_pairs.all(conditions) if procedures else ():
        found.setdefault(pair.table_id, []).append(pair)
    return PairEdits(
        (
            PairEdit(pair.column_one, pair.column_two, span.first, span.last, pair.modifier_allowed)
            for pair, span in _dated(spans, found)
        ),
        tuple(spans.values()),
    )


async def _limits(store: Store, spans: Spans | None, procedures: list[str]) -> Rates | None:
    if spans is None:
        return None
    found: dict[UUID, list[UnitLimit]] = {}
    conditions = ByCodeTable(table_ids=_ids([spans]), codes=procedures)
    for limit in await store.unit_limits.all(conditions) if procedures else ():
        found.setdefault(limit.table_id, []).append(limit)
    return Rates(
        (
            Rate(code=limit.code, value=limit.units, span=span)
            for limit, span in _dated(spans, found)
        ),
        tuple(spans.values()),
    )


def _dated(spans: Spans, rows: Mapping[UUID, list[_Row]]) -> Iterator[tuple[_Row, Span]]:
    """The rows of editions with the days on which they hold."""
    for table_id, edition in spans.items():
        for row in rows.get(table_id, ()):
            span = within(edition, row.effective_from, row.effective_to)
            if span is not None:
                yield row, span
