"""Names, postal addresses and contacts as they stand in rows: shown and sent, never searched."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from storage.vocabulary.parties import Sex

_ONE_LINE = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
"""Begins with something to see; PostgreSQL's JSON cannot hold NUL."""
_Line = Annotated[str, StringConstraints(min_length=1, max_length=55, pattern=_ONE_LINE)]
_City = Annotated[str, StringConstraints(min_length=2, max_length=30, pattern=_ONE_LINE)]
_State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_PostalCode = Annotated[
    str, StringConstraints(min_length=3, max_length=15, pattern=r"^[A-Z0-9][A-Z0-9 -]*$")
]
_Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_Subdivision = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")]
_LastName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=_ONE_LINE)]
_FirstName = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=_ONE_LINE)]
_Middle = Annotated[str, StringConstraints(min_length=1, max_length=25, pattern=_ONE_LINE)]
_Suffix = Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=_ONE_LINE)]
_Telephone = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
_Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
_Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=_ONE_LINE)]


class PostalAddress(BaseModel):
    """An address in the lengths of a claim. ``country`` only outside of the United States."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_1: _Line
    line_2: _Line | None = None
    city: _City
    state: _State | None = None
    postal_code: _PostalCode | None = None
    country: _Country | None = Field(default=None, examples=[None])
    country_subdivision: _Subdivision | None = Field(default=None, examples=[None])


class ContactWays(BaseModel):
    """Whom to ask, and how; telephone and fax as ten digits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _LastName | None = None
    telephone: _Telephone | None = None
    extension: _Extension | None = None
    email: _Email | None = None
    fax: _Telephone | None = Field(default=None, examples=["2185550135"])


class SubscriberDetails(BaseModel):
    """Who has the policy, where that is not the patient."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    last_name: _LastName
    first_name: _FirstName | None = None
    middle_name: _Middle | None = None
    suffix: _Suffix | None = None
    birth_date: dt.date | None = None
    sex: Sex | None = None
    address: PostalAddress | None = None
