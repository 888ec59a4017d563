"""Elements to values where they may be wrong: the value to go on with, and the anomaly to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.elements import cents_from, component_separator_of, date_from
from services.claims.x12.file_model import Anomaly, AnomalyKind

if TYPE_CHECKING:
    import datetime as dt

    from services.claims.x12.tokenizer import Segment

# Identifiers that a detail may name. Anything else may be a patient's name in a damaged file.
_IDENTIFIERS = frozenset(
    (
        *("AMT", "BPR", "CAS", "CLP", "CUR", "DTM", "GE", "GS", "IEA", "ISA", "LQ", "LX", "MIA"),
        *("MOA", "N1", "N3", "N4", "NM1", "NTE", "PER", "PLB", "QTY", "RDM", "REF", "SE", "ST"),
        *("SVC", "TRN", "TS2", "TS3"),
        *("AK1", "AK2", "AK9", "BHT", "CTX", "DTP", "HL", "IK3", "IK4", "IK5", "STC", "TA1"),
    )
)


class Findings:
    """Reads the elements of one transaction and collects what is odd in ``anomalies``.

    ``claim`` is the ordinal of the claim being read, or None outside of one.
    """

    def __init__(self, transaction: int) -> None:
        self.anomalies: list[Anomaly] = []
        self.claim: int | None = None
        self._transaction = transaction
        self._has_told_separator = False

    def amount(self, text: str, segment: Segment, element: str) -> int:
        """The amount in cents; 0 and MALFORMED_AMOUNT where it is none."""
        cents = cents_from(text)
        if cents is None:
            self.report(AnomalyKind.MALFORMED_AMOUNT, segment, f"{element} is not an amount")
            return 0
        return cents

    def optional_amount(self, text: str, segment: Segment, element: str) -> int | None:
        """As ``amount``, but None where the element is empty."""
        return self.amount(text, segment, element) if text else None

    def date(self, text: str, segment: Segment, element: str) -> dt.date | None:
        """The date; None where the element is empty, and MALFORMED_DATE where it is none."""
        if not text:
            return None
        date = date_from(text)
        if date is None:
            self.report(AnomalyKind.MALFORMED_DATE, segment, f"{element} is not a date")
        return date

    def required(self, text: str, segment: Segment, element: str) -> str:
        """The text as it is, and MISSING_ELEMENT where it is empty."""
        if not text:
            self.report(AnomalyKind.MISSING_ELEMENT, segment, f"{element} is absent")
        return text

    def components(self, composite: str, segment: Segment) -> list[str]:
        """The parts of a composite by the separator in use; DELIMITER_MISMATCH is told once."""
        delimiters = segment.delimiters
        separator = component_separator_of(composite, delimiters.component)
        is_mismatch = separator != delimiters.component and delimiters.declared
        if is_mismatch and not self._has_told_separator:
            self._has_told_separator = True
            detail = f"{name_of(segment)} uses another component separator than ISA16 declares"
            self.report(AnomalyKind.DELIMITER_MISMATCH, segment, detail)
        return composite.split(separator)

    def unexpected(self, segment: Segment, where: str) -> None:
        detail = f"{name_of(segment)} is not expected {where}"
        self.report(AnomalyKind.UNEXPECTED_SEGMENT, segment, detail)

    def report(self, kind: AnomalyKind, segment: Segment, detail: str) -> None:
        self.anomalies.append(
            Anomaly(
                kind=kind,
                position=segment.position,
                detail=detail,
                transaction=self._transaction,
                claim=self.claim,
            )
        )


def name_of(segment: Segment) -> str:
    """The segment's identifier, if one of that name is read: a detail quotes nothing else."""
    name = segment.elements[0]
    return name if name in _IDENTIFIERS else "an unknown segment"
