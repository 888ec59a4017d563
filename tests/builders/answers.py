"""What partners answer to files of ours: TA1, 999 and 277CA about real ones."""

from collections.abc import Sequence

from storage.tables.claims import Claim
from storage.tables.clearing import ClaimFile
from tests.claims.x12.acknowledgement_files import (
    PROVIDER,
    AcknowledgementFile,
    claim,
    claims,
    functional,
)

GUIDE = "005010X222A1"


def ta1(file: ClaimFile, decision: str = "R", *, number: int | None = None) -> bytes:
    """An answer to the envelope of a file, or of another number."""
    number = number or file.interchange_control_number
    answer = f"TA1*{number:09}*261126*0930*{decision}*022"
    return AcknowledgementFile(interchange_answers=[answer]).render()


def answer_999(
    file: ClaimFile,
    decision: str = "A",
    *,
    blames: Sequence[Claim] = (),
    errors: Sequence[str] = (),
    of_group: str | None = None,
    group: int | None = None,
) -> bytes:
    """An answer to the set of a file (or of a group of another number), with errors in claims, or
    ``errors`` as they are. ``of_group`` is what AK9 says where that is something else."""
    blaming = [
        segment
        for each in blames
        for segment in (
            "IK3*NM1*23*2310*8",
            f"CTX*CLM01:{each.patient_control_number}",
            "IK4*9*67*1",
        )
    ]
    found = [*errors, *blaming]
    set_number = f"{file.set_control_number:04}"
    took = 1 if decision in ("A", "E") else 0
    return AcknowledgementFile(
        sets=[
            functional(
                f"AK1*HC*{group or file.group_control_number}*{GUIDE}",
                f"AK2*837*{set_number}*{GUIDE}",
                *found,
                f"IK5*{decision}" + ("*5" if found else ""),
                f"AK9*{of_group or decision}*1*1*{took}",
            )
        ]
    ).render()


def answer_277(
    *answered: tuple[str, str],
    reference: str = "BATCH1",
    payer_claim_number: str | None = None,
    on: str = "20991126",
    receiver_status: str | None = None,
) -> bytes:
    """Statuses of claims, by patient control number, below one provider."""
    levels: list[str] = []
    for at, (number, category) in enumerate(answered):
        action = "U" if category in ("A3", "A6", "A7", "A8") else "WQ"
        segments = [f"STC*{category}:21:85*{on}*{action}*100"]
        if payer_claim_number is not None:
            segments.append(f"REF*1K*{payer_claim_number}")
        hl, *rest = claim(number, *segments)
        levels += [hl.replace("HL*4*", f"HL*{4 + at}*"), *rest]
    guide, segments_of_file = claims(*(PROVIDER if levels else ()), *levels)
    segments = [s.replace("TRN*2*BATCH1", f"TRN*2*{reference}") for s in segments_of_file]
    if receiver_status is not None:
        at = segments.index(f"TRN*2*{reference}") + 1
        segments.insert(at, f"STC*{receiver_status}:24:41*{on}*U")
    return AcknowledgementFile(sets=[(guide, segments)]).render()
