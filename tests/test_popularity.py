import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_py.popularity import best_sellers, best_sellers_of_age_band
from models_py.ranking import LIST_LENGTH
from tests.builders import make_customers, make_frames

OVERALL = np.arange(20, 0, -1)


def test_the_best_sellers_are_the_same_for_everyone() -> None:
    frames = make_frames(make_customers([1, 4, 6], age_band=["a", "b", "c"]))
    lists = best_sellers(frames, OVERALL)
    assert lists.tolist() == [list(range(20, 8, -1))] * 3
    assert best_sellers(make_frames(make_customers([])), OVERALL).shape == (0, LIST_LENGTH)


def test_the_list_of_the_band_comes_first_and_the_overall_one_fills_up() -> None:
    frames = make_frames(
        make_customers([1, 4, 6], age_band=["old", "young", "old"]),
        # In no order: the rank counts.
        popular=[("young", 19, 2), ("old", 7, 1), ("young", 3, 1), ("young", 33, 3)],
    )
    old = [7, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10]
    young = [3, 19, 33, 20, 18, 17, 16, 15, 14, 13, 12, 11]
    assert best_sellers_of_age_band(frames, OVERALL).tolist() == [old, young, old]


def test_of_a_long_list_the_best_twelve() -> None:
    popular = [("young", article, rank) for rank, article in enumerate(range(50, 70), 1)]
    frames = make_frames(make_customers([1], age_band="young"), popular=popular)
    assert best_sellers_of_age_band(frames, OVERALL).tolist() == [list(range(50, 62))]


@pytest.mark.parametrize("popular", [[], [("young", 3, 1)]], ids=["no band at all", "another band"])
def test_a_band_without_a_list_gets_the_overall_one(popular: list[tuple[str, int, int]]) -> None:
    frames = make_frames(make_customers([1, 2], age_band="old"), popular=popular)
    lists = best_sellers_of_age_band(frames, OVERALL)
    assert lists.tolist() == best_sellers(frames, OVERALL).tolist()


def test_nobody_gets_no_list() -> None:
    frames = make_frames(make_customers([]), popular=[("young", 3, 1)])
    assert best_sellers_of_age_band(frames, OVERALL).shape == (0, LIST_LENGTH)


@settings(deadline=None, max_examples=50)
@given(
    bands=st.lists(st.sampled_from("abcd"), max_size=8),
    of_band=st.dictionaries(
        st.sampled_from("abc"), st.lists(st.integers(1, 40), unique=True, min_size=1, max_size=16)
    ),
)
def test_a_list_is_that_of_the_customers_band(
    bands: list[str], of_band: dict[str, list[int]]
) -> None:
    popular = [
        (band, article, rank)
        for band, articles in of_band.items()
        for rank, article in enumerate(articles, 1)
    ]
    customers = make_customers(range(1, len(bands) + 1), age_band=bands)
    lists = best_sellers_of_age_band(make_frames(customers, popular=popular), OVERALL)
    # A dict keeps the first of equal keys in its place.
    expected = [
        list(dict.fromkeys([*of_band.get(band, []), *OVERALL.tolist()]))[:12] for band in bands
    ]
    assert lists.tolist() == expected
