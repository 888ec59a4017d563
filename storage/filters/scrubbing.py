"""Conditions on code tables, rules and what they said of claims."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.codes import CodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTableFilter(Filter):
    kind: CodeKind | None = where("kind")
    kinds: list[CodeKind] | None = where("kind", operator="in")
    payer_id: UUID | None = where("payer_id")
    schedule: str | None = where("schedule")
    is_standing: bool | None = where("withdrawn_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter(Filter):
    table_id: UUID | None = where("table_id")
    table_ids: list[UUID] | None = where("table_id", operator="in")
    codes: list[str] | None = where("code", operator="in")
    code_prefix: str | None = where("code", operator="prefix")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCodeTable(Filter):
    table_ids: list[UUID] | None = where("table_id", operator="in")
    codes: list[str] | None = where("code", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedurePairFilter(Filter):
    table_ids: list[UUID] | None = where("table_id", operator="in")
    columns_one: list[str] | None = where("column_one", operator="in")
    columns_two: list[str] | None = where("column_two", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRunFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    run_number: int | None = where("run_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByScrubRun(Filter):
    run_id: UUID | None = where("run_id")
    run_ids: list[UUID] | None = where("run_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRuleFilter(Filter):
    rule_key: str | None = where("rule_key")
    is_disabled: bool | None = where("enabled_revision", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByClaimRule(Filter):
    rule_id: UUID | None = where("rule_id")
    rule_ids: list[UUID] | None = where("rule_id", operator="in")
    revision: int | None = where("revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBypassFilter(Filter):
    rule_id: str | None = where("rule_id")
    is_standing: bool | None = where("ended_at", operator="null")
