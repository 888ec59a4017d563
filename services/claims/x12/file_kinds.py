"""What a file that is not X12 looks like, so that a refusal can say it in plain words."""

from __future__ import annotations

from services.claims.x12.file_model import AnomalyKind

HEAD_BYTES = 512  # how much of a file ``describe_stranger`` wants to see

_BINARY_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)
_TEXT_SIGNATURES = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"msh|", "an HL7 version 2 message"),
    (b"una", "an EDIFACT interchange"),
    (b"unb", "an EDIFACT interchange"),
    (b"-----begin", "an encrypted or armoured (PEM, PGP) message"),
)
_BINARY_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\x0b\x0c\r\x1a\x1b")


def describe_stranger(head: bytes) -> tuple[AnomalyKind, str]:
    """Why a file that begins with ``head`` cannot be X12, without quoting any of it.

    ``head`` is the first ``HEAD_BYTES`` after leading blanks (fewer where the file is shorter).
    Binary formats are UNDECODABLE, text formats NOT_X12.
    """
    for signature, name in _BINARY_SIGNATURES:
        if head.startswith(signature):
            return AnomalyKind.UNDECODABLE, f"the file looks like {name}, not like X12"
    if any(byte in _BINARY_CONTROLS for byte in head):
        return AnomalyKind.UNDECODABLE, "the file holds binary data, not X12 text"
    lowered = head[:16].lower()
    for signature, name in _TEXT_SIGNATURES:
        if lowered.startswith(signature):
            return AnomalyKind.NOT_X12, f"the file looks like {name}, not like X12"
    return AnomalyKind.NOT_X12, "the file is text, but begins with no ISA, GS or ST segment"
