"""The MIPS submissions of an audit pack: what was reported, every step, every score that was kept
with its arithmetic, and what those that were with CMS came to."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import SQLModel

from services.regulatory_compliance.audit_pack.documents import document, grouped, plain
from services.regulatory_compliance.mips.years import TABLE
from services.regulatory_compliance.mips_reporting.known import (
    KnownClinician,
    known_clinicians,
    known_submissions,
)
from services.regulatory_compliance.reporting.mips_figures import reported_final_score
from storage.filters import ByMipsSubmission, MipsListFilter
from storage.interface import Store
from storage.tables.mips import MipsSubmission
from storage.vocabulary.compliance import Program

Parts = Mapping[str, Mapping[UUID, Sequence[SQLModel]]]

_OF = "submission_id"


async def mips_documents(
    store: Store, program: Program, known_at: dt.datetime
) -> tuple[list[tuple[str, bytes]], list[UUID]]:
    """A document for each clinician or group, CMS's lists that scores name, the table of rules; and
    the ids of the rows whose trail belongs to them. In a constant number of statements."""
    if program is not Program.MIPS:
        return [], []
    # Whole, whatever the day, as everything in a pack; the final score is of that day.
    known = await known_submissions(store, store.now)
    now = await known_clinicians(store, known, store.now)
    then = await known_clinicians(store, await known_submissions(store, known_at), known_at)
    asked = ByMipsSubmission(submission_ids=[each.submission.id for each in known])
    measures = await store.mips_measures.all(asked) if known else []
    scores = await store.mips_scores.all(asked) if known else []
    parts: Parts = {
        "measures": grouped(measures, _OF),
        "steps": grouped(await store.mips_steps.all(asked) if known else [], _OF),
        "scores": grouped(scores, _OF),
    }
    lists = {each.measure_list_id for each in scores} | {each.benchmark_list_id for each in scores}
    described = {each.clinician_id: each for each in then}
    documents = [
        ("mips/rules.toml", TABLE.text),
        (
            "mips/lists.json",
            document(
                [plain(e) for e in await store.mips_lists.all(MipsListFilter()) if e.id in lists]
            ),
        ),
        *(
            (
                f"mips/clinicians/{each.clinician_id}.json",
                _document(each, described.get(each.clinician_id), parts),
            )
            for each in now
        ),
    ]
    ids = [each.clinician_id for each in now]
    ids += [each.submission.id for each in known] + [each.id for each in measures]
    return documents, ids


def _document(now: KnownClinician, then: KnownClinician | None, parts: Parts) -> bytes:
    final = None if then is None else then.final
    rows: list[MipsSubmission] = [each.submission for each in now.submissions]
    return document(
        {
            "clinician_id": now.clinician_id,
            "clinician": plain(now.fields if then is None else then.fields),
            "submissions": [
                {"submission": plain(row)}
                | {name: [plain(each) for each in found[row.id]] for name, found in parts.items()}
                for row in rows
            ],
            "final_score_of": [
                each.score.id
                for each in (() if then is None else then.submissions)
                if each.counts and each.score is not None
            ],
            "final_score": (
                None if final is None else reported_final_score(final).model_dump(mode="json")
            ),
        }
    )
