"""Effects against numbers computed by hand."""

import math
from typing import Any

import pytest
from scipy import stats

from analysis.claims.effect import average_effect, weakest_effect
from analysis.claims.judge import holm
from analysis.claims.pairs import Pair
from analysis.spread import Spread


def by_init(*values: float) -> Spread:
    return Spread.of({(0, init): value for init, value in enumerate(values)})


def published(mean: float, std: float | None, n: int = 3, **more: Any) -> Spread:
    return Spread(mean, std, n, **more)


def pair(more: Spread | float, than: Spread) -> Pair:
    return Pair({}, more, than)


def test_a_paired_effect_is_a_t_interval_over_initialisations() -> None:
    # Differences 1, 2, 3: mean 2, standard error 1/sqrt(3); t(0.975, 2) = 4.3027.
    effect = average_effect([pair(by_init(11, 22, 33), by_init(10, 20, 30))])
    assert (effect.mean, effect.basis, effect.inits) == (2, "paired", 3)
    assert effect.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-5)
    assert effect.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-5)
    assert effect.p == pytest.approx(stats.ttest_rel([11, 22, 33], [10, 20, 30]).pvalue)


def test_pairing_finds_what_the_spread_over_initialisations_hides() -> None:
    more, than = [1.01, 5.02, 9.01], [1.0, 5.0, 9.0]
    paired = average_effect([pair(by_init(*more), by_init(*than))])
    assert paired.p is not None and paired.p < 0.1 < stats.ttest_ind(more, than).pvalue


def test_cells_are_averaged_within_each_initialisation_first() -> None:
    pairs = [pair(by_init(1, 2, 3), by_init(0, 0, 0)), pair(by_init(3, 2, 1), by_init(0, 0, 0))]
    effect = average_effect(pairs)
    # Each initialisation averages to 2: no spread is left.
    assert (effect.mean, effect.low, effect.high, effect.p) == (2, 2, 2, 0.0)


@pytest.mark.parametrize("inits", [1, 2])
def test_fewer_than_three_initialisations_give_no_interval(inits: int) -> None:
    effect = average_effect([pair(by_init(*[1.0] * inits), by_init(*[0.0] * inits))])
    assert (effect.mean, effect.low, effect.p, effect.basis) == (1, None, None, "too few inits")


def test_only_initialisations_that_both_sides_have_count() -> None:
    more = Spread.of({(0, 0): 1.0, (0, 1): 2.0, (0, 2): 3.0, (0, 3): 400.0})
    than = Spread.of({(0, 0): 0.0, (0, 1): 0.0, (0, 2): 0.0, (7, 3): 0.0})
    effect = average_effect([pair(more, than)])
    assert (effect.mean, effect.inits) == (2, 3)


def test_a_cell_with_too_few_initialisations_does_not_spoil_the_others() -> None:
    good, poor = pair(by_init(1, 2, 3), by_init(0, 0, 0)), pair(by_init(50), by_init(0))
    effect = average_effect([good, poor])
    assert (effect.mean, effect.cells, effect.inits) == (2, 1, 3)


def test_published_summaries_are_compared_by_welch() -> None:
    effect = average_effect([pair(published(85.43, 0.58), published(42.54, 1.15))])
    by_scipy = stats.ttest_ind_from_stats(85.43, 0.58, 3, 42.54, 1.15, 3, equal_var=False)
    assert effect.basis == "welch"
    assert effect.mean == pytest.approx(42.89)
    assert effect.p == pytest.approx(by_scipy.pvalue)


def test_a_population_standard_deviation_is_converted_first() -> None:
    as_sample = average_effect([pair(published(3, 1), published(2, 1))])
    population = math.sqrt(2 / 3)
    effect = average_effect([pair(published(3, population, ddof=0), published(2, population, ddof=0))])
    assert effect.p == pytest.approx(as_sample.p)


@pytest.mark.parametrize("std", [None, 7.43])
def test_without_a_spread_over_initialisations_only_a_direction_is_left(std: float | None) -> None:
    over_examples = published(5.27, std, n=50_000, over="examples")
    effect = average_effect([pair(over_examples, over_examples)])
    assert (effect.p, effect.low, effect.basis) == (None, None, "direction")


def test_a_threshold_is_compared_per_initialisation() -> None:
    effect = average_effect([pair(0.02, by_init(0.005, 0.010, 0.015))])
    assert effect.mean == pytest.approx(0.01)
    assert effect.p == pytest.approx(stats.ttest_1samp([0.005, 0.010, 0.015], 0.02).pvalue)


def test_a_claim_about_every_cell_is_as_sure_as_its_weakest() -> None:
    sure, unsure = pair(by_init(5.0, 5.1, 5.2), by_init(0, 0, 0)), pair(by_init(-1, 1, 3), by_init(0, 0, 0))
    effect = weakest_effect([sure, unsure, sure])
    assert (effect.mean, effect.cells, effect.as_claimed) == (1, 3, 3)
    assert effect.p == average_effect([unsure]).p


def test_one_cell_contradicts_a_claim_about_every_cell_at_a_shared_level() -> None:
    sure, against = pair(by_init(5.0, 5.1, 5.2), by_init(0, 0, 0)), pair(by_init(-5.0, -5.1, -5.2), by_init(0, 0, 0))
    effect = weakest_effect([sure, against])
    alone = average_effect([against]).p
    assert effect.mean == pytest.approx(-5.1) and alone is not None
    assert (effect.p, effect.as_claimed) == (2 * alone, 1)


def test_holm_against_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([None, 0.6, 0.7]) == [None, 1.0, 1.0]
