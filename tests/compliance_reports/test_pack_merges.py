"""By each field: the company's own, if it has changed it; else the pack's."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.adopting import adopted_fields
from services.regulatory_compliance.packs import Pack, PackRequirement, difference
from services.regulatory_compliance.upgrading import merged
from storage.vocabulary.compliance import Frequency, Program, Specification

TODAY = dt.date(2026, 3, 2)
TEXTS = st.sampled_from(["one", "two", "three"])
RECURRING = st.sampled_from([each for each in Frequency if each is not Frequency.ONGOING])
PLAIN = ("citation", "name", "description", "category", "specification", "is_mandatory")
"""Fields that have one name in a pack and in a company's requirement, and nothing follows from."""

requirements = st.builds(
    PackRequirement,
    code=st.just("A"),
    citation=TEXTS,
    name=TEXTS,
    description=TEXTS,
    category=TEXTS,
    frequency=st.sampled_from(Frequency),
    evidence=st.lists(TEXTS, max_size=2).map(tuple),
    specification=st.sampled_from([None, *Specification]),
    due_day=st.sampled_from([None, "03-31", "06-30", "02-29"]),
    is_mandatory=st.booleans(),
)
edits = st.fixed_dictionaries(
    {},
    optional={
        "citation": st.just("ours"),
        "name": st.just("ours"),
        "description": st.just("ours"),
        "category": st.just("ours"),
        "evidence_required": st.just(["ours"]),
    },
)


def pack(version: str, requirement: PackRequirement) -> Pack:
    return Pack(
        id="house",
        version=version,
        program=Program.HIPAA,
        name="House",
        source="us",
        requirements=(requirement,),
    )


@given(requirements, requirements, edits)
def test_what_the_company_changed_stays_and_the_rest_follows(
    before: PackRequirement, after: PackRequirement, edited: dict[str, object]
) -> None:
    old, new = pack("1", before), pack("2", after)
    content = adopted_fields(old, before, TODAY).content.model_copy(update=edited)
    for change in difference(old, new).changed:
        merge = merged(change, content, TODAY)
        result = merge.content
        for name in PLAIN:
            wanted = edited[name] if name in edited else getattr(after, name)
            if name in edited and name not in change.fields:
                wanted = edited[name]
            assert getattr(result, name) == wanted
        evidence = edited.get("evidence_required", list(after.evidence))
        assert result.evidence_required == evidence
        assert result.frequency is after.frequency
        assert (result.first_due_on is None) == (after.frequency is Frequency.ONGOING)
        assert set(merge.taken) | set(merge.kept) == set(change.fields)
        assert not set(merge.taken) & set(merge.kept)


@given(requirements, RECURRING)
def test_an_untouched_requirement_ends_up_as_if_it_had_been_adopted_at_once(
    before: PackRequirement, frequency: Frequency
) -> None:
    after = PackRequirement(
        code="A",
        citation="new",
        name="new",
        description="new",
        category="new",
        frequency=frequency,
        due_day="09-30",
    )
    old, new = pack("1", before), pack("2", after)
    (change,) = difference(old, new).changed
    content = adopted_fields(old, before, TODAY).content
    assert merged(change, content, TODAY).content == adopted_fields(new, after, TODAY).content
