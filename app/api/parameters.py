"""Query parameters that many routes share."""

import datetime as dt
from typing import Annotated

from litestar.params import QueryParameter

from services.inputs import PARAMETER
from storage.interface import MAXIMUM_LIMIT

Limit = Annotated[
    int, QueryParameter(ge=1, le=MAXIMUM_LIMIT, description="How many items at most.")
]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=64, description="`next_cursor` of the page before."),
]
SearchText = Annotated[
    str | None,
    QueryParameter(min_length=1, max_length=210, pattern=PARAMETER),
]
From = Annotated[
    dt.datetime | None, QueryParameter(description="Not before this time, with its time zone.")
]
Until = Annotated[
    dt.datetime | None, QueryParameter(description="Not after this time, with its time zone.")
]
