"""What where requirements stand is derived from, of many at once: one statement for the
requirements, one that sums up their attestations and signatures, and one for the few that it takes
one by one. Each names the company in every predicate.

The second and third say of every attestation whether it is in force as
``standing.attestation_states`` does, from signatures that were given by the rules: whoever has
enough signers was attested (one is there from the beginning: an attestation is recorded with its
first signature), unless a dispute came after it was last upheld, or it was revoked, or what
supersedes it was attested. What speaks against one is rare and has an index of its own. They join
nothing to what a statement has derived, so their plans do not depend on estimates of that.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from storage.postgres.attestation_states import counted_attestations, signers_of
from storage.postgres.bound import BoundTransaction
from storage.standings import (
    AttestationQuestion,
    CoverFound,
    StandingFound,
    StandingQuestion,
)
from storage.vocabulary.compliance import (
    AttestationStatus,
    BusinessDayRule,
    Frequency,
    LateRule,
    Program,
)

_REQUIREMENTS = """
SELECT requirement.id, requirement.code, requirement.program, version.content ->> 'citation',
       version.content ->> 'name', requirement.responsible_person_id, version.number,
       version.material_number, version.schedule_number,
       version.content ->> 'frequency', (version.content ->> 'first_due_on')::date,
       version.content ->> 'business_day_rule', version.content ->> 'late_rule',
       coalesce(decided.kind, 'applicable') = 'applicable'
FROM compliance_requirements AS requirement
CROSS JOIN LATERAL (
    SELECT known.number, known.content, known.material_number, known.schedule_number
    FROM requirement_versions AS known
    WHERE known.company_id = %(company_id)s
      AND known.requirement_id = requirement.id
      AND known.recorded_at <= %(known_at)s
    ORDER BY known.number DESC
    LIMIT 1
) AS version
LEFT JOIN LATERAL (
    SELECT decision.kind
    FROM requirement_decisions AS decision
    WHERE decision.company_id = %(company_id)s
      AND decision.requirement_id = requirement.id
      AND decision.kind IN ('applicable', 'not_applicable')
      AND decision.recorded_at <= %(known_at)s
      AND decision.effective_on <= %(on)s
    ORDER BY decision.effective_on DESC, decision.id DESC
    LIMIT 1
) AS decided ON true
LEFT JOIN LATERAL (
    SELECT true AS is_other, (entry.before ->> 'retired_on')::date AS retired_on
    FROM audit_log AS entry
    WHERE requirement.updated_at > %(known_at)s
      AND entry.company_id = %(company_id)s
      AND entry.entity_id = requirement.id
      AND entry.id >= requirement.id
      AND entry.recorded_at > %(known_at)s
      AND entry.action = 'update'
      AND entry.before ? 'retired_on'
    ORDER BY entry.id
    LIMIT 1
) AS was ON true
WHERE requirement.company_id = %(company_id)s
  AND coalesce(
          CASE WHEN was.is_other THEN was.retired_on ELSE requirement.retired_on END,
          date 'infinity'
      ) > %(on)s
"""

_CONDITIONS: Mapping[str, str] = {
    "program": "requirement.program = %(program)s",
    "requirement_ids": "requirement.id = ANY (%(requirement_ids)s::uuid[])",
    "after": "requirement.code > (SELECT last.code FROM compliance_requirements AS last"
    " WHERE last.company_id = %(company_id)s AND last.id = %(after)s)",
}

_IN_FORCE = f"""
FROM (
    SELECT attestation.requirement_id, attestation.content_number, attestation.schedule_number,
           attestation.period_number, attestation.signed_on, attestation.valid_from,
           attestation.valid_until, attestation.evidence_until,
           least(attestation.valid_until, attestation.evidence_until, date '9999-12-31')
               AS last_day,
           coalesce(attestation.evidence_until <= attestation.valid_until,
                    attestation.evidence_until IS NOT NULL) AS ends_with_its_evidence,
           attestation.period_number IS NOT NULL AND attestation.signed_on <= %(on)s
               AS is_completion
    FROM compliance_attestations AS attestation
    WHERE attestation.company_id = %(company_id)s
      {{attestations_of}}
      AND attestation.recorded_at <= %(known_at)s
      AND (attestation.quorum = 1 OR attestation.quorum <= ({signers_of("attestation")}))
      AND NOT EXISTS (
          SELECT FROM compliance_attestations AS later
          WHERE later.company_id = %(company_id)s
            AND later.supersedes_id = attestation.id
            AND later.quorum <= ({signers_of("later")})
      )
      AND NOT EXISTS (
          SELECT FROM compliance_signatures AS against
          WHERE against.company_id = %(company_id)s
            AND against.attestation_id = attestation.id
            AND against.kind IN ('revoked', 'disputed', 'upheld')
            AND against.recorded_at <= %(known_at)s
            AND CASE against.kind
                    WHEN 'revoked' THEN true
                    WHEN 'disputed' THEN NOT EXISTS (
                        SELECT FROM compliance_signatures AS upheld
                        WHERE upheld.company_id = %(company_id)s
                          AND upheld.attestation_id = against.attestation_id
                          AND upheld.kind = 'upheld'
                          AND upheld.number > against.number
                          AND upheld.recorded_at <= %(known_at)s
                    )
                    ELSE false
                END
      )
) AS standing
GROUP BY standing.requirement_id, standing.content_number, standing.schedule_number
"""  # noqa: S608 -- names of our own

_COUNTING = (
    """
SELECT standing.requirement_id, standing.content_number, standing.schedule_number,
       array_agg(standing.period_number) FILTER (WHERE standing.is_completion),
       array_agg(standing.signed_on) FILTER (WHERE standing.is_completion),
       array_agg(standing.valid_from) FILTER (WHERE standing.last_day >= %(on)s),
       array_agg(standing.valid_until) FILTER (WHERE standing.last_day >= %(on)s),
       array_agg(standing.evidence_until) FILTER (WHERE standing.last_day >= %(on)s),
       max((standing.last_day - date '0001-01-01') * 2 + standing.ends_with_its_evidence::int)
           FILTER (WHERE standing.valid_from <= %(on)s)
"""
    + _IN_FORCE
)
"""One by one: what most requirements do not need."""

_SUMMED = (
    """
SELECT standing.requirement_id, standing.content_number, standing.schedule_number,
       bit_or(1::bigint << (standing.period_number - 1))
           FILTER (WHERE standing.is_completion AND standing.period_number <= 62),
       bit_or(1::bigint << (standing.period_number - 63))
           FILTER (WHERE standing.is_completion AND standing.period_number BETWEEN 63 AND 124),
       bit_or(1::bigint << (standing.period_number - 125))
           FILTER (WHERE standing.is_completion AND standing.period_number BETWEEN 125 AND 186),
       coalesce(max(standing.period_number) FILTER (WHERE standing.is_completion), 0) > 186
           OR count(*) FILTER (WHERE standing.last_day >= %(on)s) > 1,
       min(standing.valid_from) FILTER (WHERE standing.last_day >= %(on)s),
       min(standing.valid_until) FILTER (WHERE standing.last_day >= %(on)s),
       min(standing.evidence_until) FILTER (WHERE standing.last_day >= %(on)s),
       max((standing.last_day - date '0001-01-01') * 2 + standing.ends_with_its_evidence::int)
           FILTER (WHERE standing.valid_from <= %(on)s)
"""
    + _IN_FORCE
)
"""Summed up in figures of a fixed size: the periods as bits, and the one attestation that holds on
the day or after it. The fourth figure says where these are not enough."""

_OF_SOME = "AND attestation.requirement_id = ANY (%(counted_ids)s::uuid[])"
_FIRST_DAY = dt.date.min


class _Numbers(NamedTuple):
    """Of which version an attestation is, and of which one's schedule."""

    content: int
    schedule: int


class _Group(NamedTuple):
    """What counts of the attestations of one version of a requirement."""

    completed: int
    completed_on: Sequence[tuple[int, dt.date]]
    covers: Sequence[CoverFound]
    longest: int | None


_Groups = dict[_Numbers, _Group]


@dataclass
class _Counting:
    """What counts of one requirement."""

    completed: int = 0
    completed_on: list[tuple[int, dt.date]] = field(default_factory=list)
    covers: list[CoverFound] = field(default_factory=list)
    longest: int = -1

    @property
    def lapsed(self) -> CoverFound | None:
        """The cover that held longest: its last day, and whether its evidence ended on it."""
        if self.longest < 0:
            return None
        days, ends_with_its_evidence = divmod(self.longest, 2)
        last_day = _FIRST_DAY + dt.timedelta(days=days)
        if ends_with_its_evidence:
            return CoverFound(_FIRST_DAY, None, last_day)
        return CoverFound(_FIRST_DAY, last_day, None)


class PostgresStandingFigures:
    """See ``storage.interface.StandingFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def found(self, question: StandingQuestion) -> list[StandingFound]:
        given = [name for name in _CONDITIONS if getattr(question, name) is not None]
        sql = " AND ".join([_REQUIREMENTS, *(_CONDITIONS[name] for name in given)])
        sql += " ORDER BY requirement.code"
        if question.limit is not None:
            sql += " LIMIT %(limit)s"
        cursor = await self._store.execute(
            sql,
            {
                "company_id": self._store.company_id,
                **{name: getattr(question, name) for name in (*given, "on", "known_at", "limit")},
            },
        )
        rows = await cursor.fetchall()
        ids = [row[0] for row in rows]
        by_days = [row[0] for row in rows if row[12] != LateRule.KEEP_SCHEDULE]
        is_of_few = question.limit is not None or question.requirement_ids is not None
        if is_of_few or len(by_days) > len(ids) / 2:
            groups = await self._counting(question, ids)
        else:
            groups = await self._of_all(question, set(ids), by_days)
        return [_found(row, groups.get(row[0], {})) for row in rows]

    async def attestations(self, question: AttestationQuestion) -> Mapping[AttestationStatus, int]:
        return await counted_attestations(self._store, question)

    async def _of_all(
        self, question: StandingQuestion, ids: Container[UUID], by_days: Sequence[UUID]
    ) -> dict[UUID, _Groups]:
        """What counts of all requirements, summed up; one by one of those that it matters for on
        which days they were completed (``by_days``), and of those of ``ids`` that cannot be."""
        found: defaultdict[UUID, _Groups] = defaultdict(dict)
        alone = set(by_days)
        for requirement_id, content, schedule, *summed in await self._standing(_SUMMED, question):
            first, second, third, is_too_much, valid_from, *until, longest = summed
            if is_too_much and requirement_id in ids:
                alone.add(requirement_id)
            completed = (first or 0) | (second or 0) << 62 | (third or 0) << 124
            covers = () if valid_from is None else (CoverFound(valid_from, *until),)
            found[requirement_id][_Numbers(content, schedule)] = _Group(
                completed, (), covers, longest
            )
        return found | await self._counting(question, list(alone))

    async def _counting(
        self, question: StandingQuestion, ids: Sequence[UUID]
    ) -> dict[UUID, _Groups]:
        """What counts of some requirements, by the numbers of its versions."""
        found: defaultdict[UUID, _Groups] = defaultdict(dict)
        if not ids:
            return found
        for requirement_id, content, schedule, *group in await self._standing(
            _COUNTING, question, ids
        ):
            numbers, days, *covers, longest = group
            completed = 0
            for number in numbers or ():
                completed |= 1 << (number - 1)
            found[requirement_id][_Numbers(content, schedule)] = _Group(
                completed,
                list(zip(numbers or (), days or (), strict=True)),
                list(map(CoverFound, *(each or () for each in covers))),
                longest,
            )
        return found

    async def _standing(
        self, statement: str, question: StandingQuestion, ids: Sequence[UUID] | None = None
    ) -> list[tuple[Any, ...]]:
        """What a statement says of the attestations in force, of some requirements or of all."""
        cursor = await self._store.execute(
            statement.format(attestations_of="" if ids is None else _OF_SOME),
            {
                "company_id": self._store.company_id,
                "on": question.on,
                "known_at": question.known_at,
                "counted_ids": None if ids is None else list(ids),
            },
        )
        return await cursor.fetchall()


def _found(row: Sequence[Any], groups: Mapping[_Numbers, _Group]) -> StandingFound:
    """A requirement, with what counts of it: of its version's schedule, and of the versions since
    the last material change."""
    (
        requirement_id,
        code,
        program,
        citation,
        name,
        responsible_person_id,
        content_number,
        material_number,
        schedule_number,
        frequency,
        first_due_on,
        business_day_rule,
        late_rule,
        is_applicable,
    ) = row
    counting = _Counting()
    for numbers, group in groups.items():
        if numbers.content < material_number:
            continue
        if numbers.schedule == schedule_number:
            counting.completed |= group.completed
            counting.completed_on += group.completed_on
        counting.covers += group.covers
        if group.longest is not None:
            counting.longest = max(counting.longest, group.longest)
    return StandingFound(
        requirement_id=requirement_id,
        code=code,
        program=Program(program),
        citation=citation,
        name=name,
        responsible_person_id=responsible_person_id,
        content_number=content_number,
        schedule_number=schedule_number,
        frequency=Frequency(frequency),
        first_due_on=first_due_on,
        business_day_rule=BusinessDayRule(business_day_rule),
        late_rule=LateRule(late_rule),
        is_applicable=is_applicable,
        completed=counting.completed,
        completed_on=counting.completed_on,
        covers=counting.covers,
        lapsed=counting.lapsed,
    )
