"""How many attestations are what, by the rules of ``standing.attestation_states``: one statement,
which names the company in every predicate."""

from collections.abc import Mapping

from storage.postgres.bound import BoundTransaction
from storage.standings import AttestationQuestion
from storage.vocabulary.compliance import AttestationStatus


def signers_of(attestation: str) -> str:
    """A query that counts who had signed an attestation, which another query names so."""
    return f"""
    SELECT count(*)
    FROM compliance_signatures AS signer
    WHERE signer.company_id = %(company_id)s
      AND signer.attestation_id = {attestation}.id
      AND signer.kind IN ('attested', 'cosigned')
      AND signer.recorded_at <= %(known_at)s
"""  # noqa: S608 -- a name of our own


_SUPERSEDED = f"""
          SELECT later.supersedes_id
          FROM compliance_attestations AS later
          WHERE later.company_id = %(company_id)s
            AND later.supersedes_id IS NOT NULL
            AND later.quorum <= ({signers_of("later")})
"""  # noqa: S608 -- names of our own

_STATES = """
SELECT counted.state, count(*)
FROM (
    SELECT CASE
               WHEN bool_or(signature.kind = 'revoked') THEN 'revoked'
               WHEN attestation.id IN ({superseded}) THEN 'superseded'
               WHEN coalesce(max(signature.number) FILTER (WHERE signature.kind = 'disputed'), 0)
                  > coalesce(max(signature.number) FILTER (WHERE signature.kind = 'upheld'), 0)
                   THEN 'disputed'
               WHEN count(*) FILTER (WHERE signature.kind IN ('attested', 'cosigned'))
                  < attestation.quorum THEN 'awaiting_signatures'
               WHEN least(attestation.valid_until, attestation.evidence_until) < %(last)s
                   THEN 'expired'
               ELSE 'attested'
           END AS state
    FROM compliance_attestations AS attestation
    LEFT JOIN compliance_signatures AS signature
      ON signature.company_id = %(company_id)s
     AND signature.attestation_id = attestation.id
     AND signature.recorded_at <= %(known_at)s
    WHERE attestation.company_id = %(company_id)s
      AND attestation.recorded_at <= %(known_at)s
      AND attestation.signed_on BETWEEN %(first)s AND %(last)s
      {of_program}
    GROUP BY attestation.company_id, attestation.id
) AS counted
GROUP BY counted.state
"""

_OF_PROGRAM = """
      AND attestation.requirement_id IN (
          SELECT requirement.id
          FROM compliance_requirements AS requirement
          WHERE requirement.company_id = %(company_id)s
            AND requirement.program = %(program)s
      )
"""


async def counted_attestations(
    store: BoundTransaction, question: AttestationQuestion
) -> Mapping[AttestationStatus, int]:
    """See ``storage.interface.StandingFigures.attestations``."""
    sql = _STATES.format(
        superseded=_SUPERSEDED,
        of_program="" if question.program is None else _OF_PROGRAM,
    )
    cursor = await store.execute(
        sql,
        {
            "company_id": store.company_id,
            "first": question.first,
            "last": question.last,
            "known_at": question.known_at,
            "program": question.program,
        },
    )
    return {AttestationStatus(state): count for state, count in await cursor.fetchall()}
