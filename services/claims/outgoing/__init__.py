"""Claims as payers need them: rows to the model that the 837 writer takes, or what they lack."""

from services.claims.outgoing.claims import OutgoingClaim, outgoing_claims

__all__ = ["OutgoingClaim", "outgoing_claims"]
