"""Who a customer is today is followed along the merges that hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tolerance.customer_merges import connected_customers, current_customers

IDS = st.sampled_from("abcdefg")


def current(merges: dict[str, str], known: str) -> dict[str, str | None]:
    return dict(zip(merges, current_customers([*merges], [*merges.values()], [*known]), strict=True))


def test_a_chain_leads_to_its_last_customer() -> None:
    assert current({"a": "b", "b": "c"}, "abc") == {"a": "c", "b": "c"}


def test_a_merge_into_an_unknown_customer_waits_at_the_last_known_one() -> None:
    assert current({"a": "b", "b": "c"}, "ab") == {"a": "b", "b": "b"}
    assert current({"a": "b", "b": "c"}, "ac") == {"a": "c", "b": "c"}
    assert current({"a": "b"}, "a") == {"a": "a"}


def test_a_circle_merges_nobody_and_what_leads_into_it_ends_there() -> None:
    assert current({"a": "b", "b": "a", "c": "a"}, "abc") == {"a": None, "b": None, "c": "a"}


def test_a_merge_into_oneself_is_none() -> None:
    assert current({"a": "a", "b": "a"}, "ab") == {"a": "a", "b": "a"}


def test_no_merges_are_no_customers() -> None:
    assert current_customers(None, None, None) == []
    assert connected_customers(None, None) == []


def test_a_long_chain_costs_no_more_than_its_length() -> None:
    names = [str(number) for number in range(200_000)]
    assert set(current_customers(names[:-1], names[1:], names)) == {names[-1]}


@given(st.dictionaries(IDS, IDS), st.frozensets(IDS))
def test_nobody_is_merged_into_somebody_who_is_merged_or_unknown(
    merges: dict[str, str], known: frozenset[str]
) -> None:
    found = current(merges, "".join(known))
    for former, customer in found.items():
        if customer not in (None, former):
            assert customer in known
            assert found.get(customer) in (None, customer)


def test_whom_a_merge_connects_with_others_is_of_their_group() -> None:
    assert connected_customers(["a", "x", "b"], ["b", "y", "c"]) == [0, 1, 0]
