"""What all parts of a report have in common."""

from pydantic import BaseModel, ConfigDict


class ReportPart(BaseModel):
    """A part of a report: closed, and as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
