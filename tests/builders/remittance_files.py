"""The writer of 835 files, which the demonstration uses too."""

from app.demo.remittance_files import (
    CHUNK_BYTES,
    CONTRACTUAL,
    Cas,
    Claim,
    Line,
    Plb,
    RemittanceFile,
    Separators,
    Transaction,
)

__all__ = [
    "CHUNK_BYTES",
    "CONTRACTUAL",
    "Cas",
    "Claim",
    "Line",
    "Plb",
    "RemittanceFile",
    "Separators",
    "Transaction",
]
