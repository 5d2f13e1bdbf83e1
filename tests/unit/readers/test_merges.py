"""A merged ticket is told by its tags, whatever the desk calls it."""

from __future__ import annotations

import pytest

from tolerance.readers.merges import with_merge_tags


@pytest.mark.parametrize(
    ("tags", "target", "text", "expected"),
    [
        ("", "123", "", "closed_by_merge,merged_into_123"),
        ("vip", "#123", "", "vip,closed_by_merge,merged_into_123"),
        ("vip,closed_by_merge", "PROJ-12", "", "vip,closed_by_merge,merged_into_PROJ-12"),
        (
            "",
            "",
            "This was closed and merged into request #45 today.",
            "closed_by_merge,merged_into_45",
        ),
        ("", "", "Demande fusionnée avec le ticket n° 77", "closed_by_merge,merged_into_77"),
        ("", "", "My parcel 123 is lost", "closed_by_merge"),
        ("", "two words", "12", "closed_by_merge"),
        ("closed_by_merge,merged_into_9", "8", "", "closed_by_merge,merged_into_9"),
    ],
)
def test_the_tags_say_that_it_is_merged_and_into_which(
    tags: str, target: str, text: str, expected: str
) -> None:
    assert with_merge_tags(tags, target=target, text=text) == expected
