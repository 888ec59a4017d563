"""What another system had reported under MIPS before the company moved over."""

from uuid import UUID

from storage.filters import MipsPriorSubmissionFilter
from storage.interface import Page, Store
from storage.tables.mips import MipsPriorSubmission


async def list_prior_submissions(
    store: Store, conditions: MipsPriorSubmissionFilter, *, limit: int, after: UUID | None
) -> Page[MipsPriorSubmission]:
    """Submissions of another system, those that came over last first."""
    return await store.mips_prior_submissions.list(conditions, limit=limit, after=after)
