"""Random secrets that people copy: from a screen, from paper, read aloud."""

import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that are taken for others when read aloud or from paper."""
_GROUP_CHARACTERS = 4


def readable_secret(groups: int) -> str:
    """Groups of four characters with hyphens between: about 20 bits each."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARACTERS)) for _ in range(groups)
    )
