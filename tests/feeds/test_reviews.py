"""Online reviews: each once, changed when their author changed them, of the account whose number they give."""

import random
from decimal import Decimal

import pytest

from accounts.imports.models import Feed
from interactions.sales.models import OnlineReview
from tests.conftest import NOW, TODAY

HEAD = "Review ID,Date,Rating,Out of,Platform,Author,Text,Division,Customer\n"
ROWS = [
    'R1,2026-03-01,4,,Google,Ada,"Quick, and kind",motors,102345',
    "R2,2026-03-02,8/10,,Trustpilot,Bola,Late again,,",
    "R3,2026-03-03,★★★☆☆,,Google,,,,999",
    "R4,2026-03-04,4.5,,,,,,",
]
FILE = HEAD + "\n".join(ROWS) + "\n"


@pytest.fixture
def feed(cast, zenith) -> Feed:
    return Feed.objects.create(name="Reviews", kind="reviews", source="sites", updated_at=NOW, most_changed=100)


def test_new_reviews_are_kept_as_the_site_gives_them(feed, bring, zenith):
    run = bring(feed, FILE)
    assert run.state == "applied" and run.counts["new"] == run.rows == 4
    kept = {review.external_id: review for review in OnlineReview.objects.all()}
    first = kept["R1"]
    assert (first.rating, first.out_of, first.platform, first.author) == (4, 5, "Google", "Ada")
    assert (first.text, first.account, first.division.slug) == ("Quick, and kind", zenith, "motors")
    assert first.written_on.isoformat() == "2026-03-01" and first.run == run and first.source == "sites"
    assert (kept["R2"].rating, kept["R2"].out_of, kept["R2"].division) == (8, 10, None)
    assert (kept["R3"].rating, kept["R3"].account) == (3, None) and kept["R4"].rating == Decimal("4.5")
    entry = first.history.get()
    assert (entry.history_type, entry.history_change_reason) == ("+", f"Import {run.pk}: Reviews")


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_same_file_again_changes_nothing(feed, bring, shuffled):
    bring(feed, FILE)
    before = list(OnlineReview.objects.order_by("pk").values())
    rows = list(ROWS)
    if shuffled:
        random.Random(1).shuffle(rows)
    run = bring(feed, HEAD + "\n".join(rows))
    assert run.counts["same"] == 4 and not run.decided.exists()
    assert list(OnlineReview.objects.order_by("pk").values()) == before


def test_what_its_author_changed_is_changed_with_its_history(feed, bring):
    bring(feed, FILE)
    run = bring(feed, FILE.replace("4,,Google,Ada", "2.5,,Google,Ada").replace("Late again", "Better now"))
    assert run.counts["changed"] == 2 and run.counts["same"] == 2
    told = {row.external_id: row.changes for row in run.decided.all()}
    assert told == {"R1": {"Rating": ["4.00", "2.50"]}, "R2": {"Text": ["Late again", "Better now"]}}
    review = OnlineReview.objects.get(external_id="R1")
    assert review.rating == Decimal("2.5") and review.history.count() == 2
    assert review.history.latest().history_change_reason == f"Import {run.pk}: Reviews"


def test_a_rating_finer_than_is_kept_is_the_same_the_next_time(feed, bring):
    text = HEAD + "R1,2026-03-01,4.33333,,,,,,\n"
    bring(feed, text)
    assert OnlineReview.objects.get().rating == Decimal("4.33")
    assert bring(feed, text).counts["same"] == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("R9,2026-03-01,6,,,,,,", "bad_rating"),
        ("R9,2026-03-01,good,,,,,,", "bad_rating"),
        ("R9,2026-03-01,,,,,,,", "missing_rating"),
        (f"R9,{TODAY.year + 4}-03-01,4,,,,,,", "bad_date"),
        ("R9,,4,,,,,,", "missing_date"),
        (",2026-03-01,4,,,,,,", "missing_id"),
        ("R9,2026-03-01,4,,,,,Nowhere,", "unknown_division"),
        ("R9,2026-03-01,4,,,,,", "ragged"),
        (f"R9,2026-03-01,4,,{'x' * 61},,,,", "too_long"),
        (f"{'R' * 70},2026-03-01,4,,,,,,", "too_long"),
        ("R1,2026-03-01,1,,,,,,", "twice_in_file"),
    ],
)
def test_a_row_that_can_t_be_is_refused_and_the_others_come_in(feed, bring, row, kind):
    run = bring(feed, FILE + row + "\n")
    refused = run.decided.filter(bucket="refused")
    twice = kind == "twice_in_file"
    assert run.counts["refused"] == (2 if twice else 1) and run.counts["new"] == (3 if twice else 4)
    last = refused.last()
    assert (last.row, last.problem_kind) == (6, kind) and last.problem[-1] in ".?"


def test_one_of_another_source_with_the_same_number_is_another(feed, bring):
    bring(feed, FILE)
    other = Feed.objects.create(name="Others", kind="reviews", source="other", updated_at=NOW)
    assert bring(other, FILE).counts["new"] == 4 and OnlineReview.objects.count() == 8


def test_an_upload_is_shown_first(feed, bring):
    assert bring(feed, FILE, upload=True).state == "preview" and not OnlineReview.objects.exists()
