"""The most important property of ownership: whatever people do, what is stored is what the facts say."""

from collections import Counter

import pytest

from tests.conftest import NOW
from tests.ownership.random_walk import VERBS, Walk

SEEDS = range(6)
VERBS_A_WALK = 45


@pytest.fixture(scope="module")
def done():
    return Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_after_every_verb_the_stored_line_is_the_replayed_one(seed, cast, tmp_path, done):
    walk = Walk(seed, at=NOW, folder=tmp_path, cast=cast)
    walk.run(VERBS_A_WALK)
    done.update(walk.done)


def test_the_walks_did_everything(done):
    if not done:
        pytest.skip("only with the walks")
    assert not {verb.__name__ for verb in VERBS} - set(done)
