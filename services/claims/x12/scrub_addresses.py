"""Rules about postal addresses. Pure."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from services.claims.x12.claim_model import Claim, ProfessionalLine
from services.claims.x12.party_model import (
    Address,
    BillingProvider,
    Dependent,
    Facility,
    Payer,
    Subscriber,
)
from services.claims.x12.scrub_codes import lines_of
from services.claims.x12.scrub_findings import Finding
from services.claims.x12.scrubbing import Rule, Severity, Subject

_Placed = BillingProvider | Subscriber | Payer | Dependent | Facility
_ZIP_CODE = re.compile(r"[0-9]{5}(-?[0-9]{4})?", re.ASCII)


class _StateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    source: str
    united_states: frozenset[str]
    canada: frozenset[str]


_STATES = msgspec.convert(
    tomllib.loads(files("services.claims").joinpath("data/states.toml").read_text("utf-8")),
    _StateFile,
)


def _addresses(claim: Claim) -> Iterator[tuple[str, Address]]:
    holders: list[tuple[str, _Placed | None]] = [
        ("/billing_provider", claim.billing_provider),
        ("/subscriber", claim.subscriber),
        ("/payer", claim.payer),
        ("/dependent", claim.dependent),
        ("/facility", claim.facility),
    ]
    holders += [
        (f"/lines/{number}/facility", line.facility)
        for number, line in enumerate(lines_of(claim))
        if isinstance(line, ProfessionalLine)
    ]
    for pointer, holder in holders:
        if holder is not None and holder.address is not None:
            yield f"{pointer}/address", holder.address
    if claim.billing_provider.pay_to is not None:
        yield "/billing_provider/pay_to", claim.billing_provider.pay_to


def _states(subject: Subject) -> Iterator[Finding]:
    for pointer, address in _addresses(subject.claim):
        match address.country:
            case None | "US":
                if address.state not in _STATES.united_states:
                    yield Finding(f"{pointer}/state", "no state of the United States")
                if not _ZIP_CODE.fullmatch((address.postal_code or "").strip()):
                    yield Finding(f"{pointer}/postal_code", "not five or nine digits")
            case "CA" if address.state not in _STATES.canada:
                yield Finding(f"{pointer}/state", "no province of Canada")
            case _:
                pass


ADDRESS_RULES = (
    Rule(
        id="addresses",
        version=1,
        severity=Severity.ERROR,
        title="Addresses have a state that there is, and a ZIP code",
        remedy="Correct the address; name the country of one that is not in the United States.",
        source=f"X12N 005010X222A1 and X223A2, N402 and N403; {_STATES.source}",
        check=_states,
    ),
)
"""In the order in which they are shown."""
