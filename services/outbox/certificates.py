"""Telling a receiver that did not prove who it is from one that was not reached."""

import ssl


def is_about_a_certificate(error: BaseException) -> bool:
    """Whether an error, or what it came of, says that the receiver did not prove who it is."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return True
        found = found.__cause__ or found.__context__
    return False
