"""Why CMS published no benchmark for a measure."""

import msgspec

from services.regulatory_compliance.mips.cms_lists import read_list


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The reasons for one measure and collection type."""

    measure_id: str
    performance_year: int
    benchmark_year: int
    submission_method: str
    reason_codes: tuple[str, ...]
    reason_descriptions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A year, measure and collection type stand there once."""
        return f"{self.measure_id} by {self.submission_method} in {self.performance_year}"


def read_exclusions(content: bytes) -> list[Exclusion]:
    """The exclusions of one of CMS's files. Raises InvalidList."""
    return read_list(
        content, _DECODER, name_of=lambda each: each.name, faults_of=lambda _: iter(())
    )


_DECODER = msgspec.json.Decoder(Exclusion)
