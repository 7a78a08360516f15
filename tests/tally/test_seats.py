"""Seats: real elections whose figures were published, textbook cases, and every level of a tie."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.tally.seats import (
    LIST_TIES,
    SIGLE_TIES,
    Attribution,
    DrawNeeded,
    DrawRefused,
    TieStep,
    attribute_seats,
)

# CTM of the ministry of education, 2011: full figures as published.
VOTES_2011 = (141914, 72397, 35245, 34907, 22598, 20241, 16485, 1717, 1383, 1019, 879, 554)


def seats_of(votes: tuple[int, ...], seats: int, **options: object) -> Attribution:
    values: dict[str, object] = {"ties": LIST_TIES, "candidates": [2 * seats] * len(votes), **options}
    return attribute_seats(votes=votes, seats=seats, **values)  # type: ignore[arg-type]


def test_ministry_committee_of_2011_gets_the_published_seats_in_the_right_order():
    found = seats_of(VOTES_2011, 15)
    assert sum(VOTES_2011) == 349339
    assert found.quotient == Fraction(349339, 15)
    assert found.by_quotient == (6, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    # CGT, then FSU 32 votes of average ahead of SUD, then SUD, then UNSA.
    assert [award.winner for award in found.awards] == [4, 0, 5, 1]
    assert {award.by for award in found.awards} == {"average"}
    assert found.awards[1].averages[0] == Fraction(141914, 7)
    assert found.won == (7, 4, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("hundredths_of_per_cent", "seats", "last_seats"),
    [
        # CSA of 2022: shares published, the rest (6.89 %) among lists without a seat; CGT, UNSA, SNALC, FSU, SUD take the last five.
        ((3400, 1937, 1400, 780, 664, 621, 509, 344, 345), (6, 3, 2, 1, 1, 1, 1, 0, 0), [4, 1, 5, 0, 6]),
        # CTM of 2018: SUD has 4.80 % and no seat.
        ((3491, 2160, 1366, 840, 614, 603, 480, 223, 223), (6, 4, 2, 1, 1, 1, 0, 0, 0), None),
    ],
)
def test_published_shares_give_the_published_seats(hundredths_of_per_cent, seats, last_seats):
    assert sum(hundredths_of_per_cent) == 10000
    found = seats_of(hundredths_of_per_cent, 15)
    assert found.won == seats
    if last_seats is not None:
        assert [award.winner for award in found.awards] == last_seats


@pytest.mark.parametrize(
    ("votes", "seats", "won"), [((20, 41, 11, 34), 7, (1, 3, 0, 3)), ((1515, 1188, 2874), 16, (4, 3, 9))]
)
def test_textbook_cases(votes, seats, won):
    assert seats_of(votes, seats).won == won


def test_equal_averages_go_to_the_list_with_more_votes():
    # Quotient 15: 3 and 0 seats by quotient; 60/4 = 15/1.
    found = seats_of((60, 15), 4, candidates=[1, 8])
    assert found.by_quotient == (3, 0)
    assert (found.awards[0].averages, found.awards[0].by) == ((Fraction(15), Fraction(15)), "votes")
    assert found.won == (4, 0)


def test_equal_averages_and_votes_go_to_the_list_with_more_candidates():
    found = seats_of((10, 10), 3, candidates=[4, 6])
    assert (found.awards[0].winner, found.awards[0].by) == (1, "candidates")
    assert found.won == (1, 2)


def test_equality_of_all_calls_for_a_draw_among_the_equal_ones_only():
    with pytest.raises(DrawNeeded) as needed:
        seats_of((10, 2, 10), 3, candidates=[6, 6, 6])
    assert needed.value.positions == (0, 2)


@pytest.mark.parametrize("drawn", [0, 2])
def test_recorded_draw_gives_the_seat(drawn):
    found = seats_of((10, 2, 10), 3, candidates=[6, 6, 6], draws=(drawn,))
    assert (found.awards[-1].winner, found.awards[-1].by) == (drawn, "lot")
    assert found.won == ((2, 0, 1) if drawn == 0 else (1, 0, 2))


def test_recorded_draw_of_a_list_that_was_not_equal_is_refused():
    with pytest.raises(DrawRefused):
        seats_of((10, 2, 10), 3, candidates=[6, 6, 6], draws=(1,))


def test_second_draw_is_called_for_when_the_equality_goes_on():
    with pytest.raises(DrawNeeded) as needed:
        seats_of((5, 5, 5), 5, draws=(2,))
    assert needed.value.positions == (0, 1)
    assert seats_of((5, 5, 5), 5, draws=(2, 0)).won == (2, 1, 2)


def test_vote_on_sigles_never_counts_candidates():
    with pytest.raises(DrawNeeded):
        attribute_seats(votes=(10, 10), seats=3, ties=SIGLE_TIES, candidates=[4, 6])
    with pytest.raises(DrawNeeded):
        attribute_seats(votes=(10, 10), seats=3, ties=(TieStep.VOTES, TieStep.CANDIDATES), candidates=None)


def test_sigle_fills_any_number_of_seats():
    found = attribute_seats(votes=(30, 10), seats=4, ties=SIGLE_TIES)
    assert (found.titulars, found.substitutes, found.unattributed) == ((3, 1), (3, 1), 0)


def test_incomplete_list_leaves_seats_unattributed():
    found = seats_of((30, 10), 4, candidates=[2, 8])
    assert found.won == (3, 1)
    assert (found.titulars, found.substitutes, found.unattributed) == ((2, 1), (0, 1), 1)


def test_list_with_candidates_for_titulars_and_some_substitutes_only():
    assert seats_of((30, 10), 4, candidates=[4, 8]).substitutes == (1, 1)


def test_no_expressed_vote_attributes_no_seat():
    found = seats_of((0, 0, 0), 5)
    assert found.quotient is None
    assert (found.won, found.unattributed) == ((0, 0, 0), 5)


def test_single_list_takes_every_seat():
    found = seats_of((7,), 6)
    assert (found.won, found.awards, found.unattributed) == ((6,), (), 0)


def test_list_without_votes_gets_no_seat():
    assert seats_of((9, 0), 5).won == (5, 0)


@given(
    votes=st.lists(st.integers(0, 10**6), min_size=1, max_size=12),
    seats=st.integers(1, 100),
)
def test_every_seat_is_won_and_no_list_is_below_its_quotient(votes, seats):
    # Lists of different sizes, so that no draw is ever needed.
    found = seats_of(tuple(votes), seats, candidates=range(2 * seats, 2 * seats + len(votes)))
    if sum(votes) == 0:
        assert found.unattributed == seats
        return
    assert sum(found.won) == seats
    assert all(won >= sure for won, sure in zip(found.won, found.by_quotient, strict=True))
    # Nobody's average for a next seat beats what a seat was won with.
    next_best = max(Fraction(count, won + 1) for count, won in zip(votes, found.won, strict=True))
    assert all(award.averages[award.winner] >= next_best for award in found.awards)


@given(votes=st.lists(st.integers(1, 30), min_size=2, max_size=6), seats=st.integers(1, 20))
def test_draws_are_called_for_among_lists_with_the_same_votes_only(votes, seats):
    draws: tuple[int, ...] = ()
    while True:
        try:
            found = seats_of(tuple(votes), seats, draws=draws)
            break
        except DrawNeeded as needed:
            equal = needed.positions
        draws += (equal[-1],)
        if len({votes[position] for position in equal}) != 1 or len(equal) < 2:
            pytest.fail(f"a draw among {equal} for {votes}")
    assert [award.winner for award in found.awards if award.by == "lot"] == list(draws)
