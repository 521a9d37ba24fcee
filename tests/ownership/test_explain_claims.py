"""What would have to be true, what the rules say, and the labels of facts."""

from decimal import Decimal

import pytest

from ownership.engine.rules import Clocks
from ownership.explain import RULES, Part, label_facts, rule_text, what_would_have_to_be_true
from ownership.explain.phrases import enumeration, naira, sentence_of
from tests.ownership.cases import NAMES, log
from tests.ownership.stories import instant
from tests.ownership.test_explain import BY_NOBODY, CLAIM, CREATED, LATER, SALE


def asked(claimant: str, as_of: str, *rows: str, **options):
    return what_would_have_to_be_true(
        log(*rows), Clocks(), instant(as_of), claimant, account="UAC", names=NAMES, texts={"S1": "INV-1"}, **options
    )


@pytest.mark.parametrize(
    ("claimant", "as_of", "rows", "proposals"),
    [
        (
            "Ada",
            LATER,
            [CREATED, SALE],
            [
                "If INV-1 of 20 May 2024 were credited to Ada Obi, Ada Obi would own UAC since 2 May 2024.",
                "If INV-1 of 20 May 2024 were credited to nobody, Ada Obi would own UAC since 2 May 2024.",
                "If INV-1 of 20 May 2024 were struck out, Ada Obi would own UAC since 2 May 2024.",
            ],
        ),
        (
            "Funke",
            LATER,
            [SALE, "21 May 2024, ruling R1 voids S1"],
            ["If INV-1 of 20 May 2024 were credited to Funke Ade, Funke Ade would own UAC since 20 May 2024."],
        ),
        (
            "Ada",
            "21 May 2026",
            [CLAIM, "4 Mar 2026 09:00, interaction I2 by Ada, substantive"],
            ["If I1 of 3 Mar 2026 were not substantive, Ada Obi would lead UAC since 4 Mar 2026."],
        ),
        (
            "Ada",
            "21 May 2026",
            ["1 Mar 2026 09:00, interaction I2 by Ada, not substantive", CLAIM],
            ["If I2 of 1 Mar 2026 were substantive, Ada Obi would lead UAC since 1 Mar 2026."],
        ),
        (
            "Ada",
            LATER,
            [BY_NOBODY, "3 May 2024, assignment G1 to Funke", "4 May 2024, assignment G2 to Ada"],
            ["If the assignment to Funke Ade on 3 May 2024 were struck out, Ada Obi would own UAC since 4 May 2024."],
        ),
        (
            "Funke",
            LATER,
            ["1 May 2024, created C1 by Ada", "2 May 2024, created C2 by Funke"],
            [
                "If the first logging by Ada Obi on 1 May 2024 were struck out, "
                "Funke Ade would own UAC since 2 May 2024."
            ],
        ),
        (
            "Funke",
            LATER,
            ["1 May 2024, created C1 by nobody", "2 May 2024, created C2 by Funke"],
            ["If the first logging on 1 May 2024 were struck out, Funke Ade would own UAC since 2 May 2024."],
        ),
        (
            "Ada",
            LATER,
            [CREATED, "20 May 2024, departure D1 of Ada"],
            ["If the departure of Ada Obi on 19 May 2024 were struck out, Ada Obi would own UAC since 2 May 2024."],
        ),
        (
            "Ada",
            LATER,
            [
                BY_NOBODY,
                "2 May 2024, departure D1 of Funke",
                "3 May 2024, return R1 of Funke",
                "4 May 2024, assignment G1 to Funke",
                "5 May 2024, assignment G2 to Ada",
            ],
            [
                "If the assignment to Funke Ade on 4 May 2024 were struck out, Ada Obi would own UAC since 5 May 2024.",
                "If the return of Funke Ade on 3 May 2024 were struck out, Ada Obi would own UAC since 5 May 2024.",
            ],
        ),
    ],
)  # fmt: skip
def test_the_rulings_that_would_do(claimant, as_of, rows, proposals):
    answer = asked(claimant, as_of, *rows)
    assert [each.sentence.text for each in answer.proposals] == proposals
    each = "One ruling" if len(proposals) == 1 else f"Each of {len(proposals)} rulings alone"
    assert answer.sentence.text == f"{each} would make {NAMES[claimant]} the holder."
    assert answer.tried == answer.possible
    for proposal in answer.proposals:
        assert proposal.timeline.current.holder == claimant


def test_a_claimant_who_holds_it_already():
    answer = asked("Funke", LATER, SALE)
    assert (answer.sentence.text, answer.proposals) == ("Funke Ade holds it already.", ())


def test_no_ruling_would_do():
    assert asked("Ada", "1 Jul 2025", SALE).sentence.text == (
        "No single ruling on what is recorded would make Ada Obi the holder."
    )
    assert asked("Ada", LATER).sentence.text.startswith("No single ruling")


def test_what_can_t_matter_is_not_tried():
    zero, nobody = "1 May 2024, sale S9 by Funke, NGN 0", "2 May 2024, interaction I1 by nobody, substantive"
    struck, to_come = "1 May 2024, ruling R9 voids C1", "1 Aug 2024, sale S8 by Funke, NGN 1"
    assert asked("Ada", LATER, zero, nobody, CREATED, struck, to_come).possible == 0
    assert asked("Ada", LATER, "1 May 2024, sale S1 by nobody, NGN 1").possible == 2  # credited to Ada, struck out
    assert asked("Funke", "1 Jul 2025", SALE).possible == 2  # credited to nobody, struck out


def test_the_newest_facts_first_up_to_a_number():
    answer = asked("Ada", LATER, CREATED, SALE, most=2)
    assert (len(answer.proposals), answer.tried, answer.possible) == (2, 2, 4)
    assert answer.sentence.text.endswith("the holder (of 4 that are possible, the 2 on the newest facts were tried).")
    assert asked("Ada", LATER, CREATED, SALE, most=0).sentence.text.startswith("No single ruling")


# --- rules, labels and small words -----------------------------------------------------------------------------------


def test_every_rule_has_its_text():
    assert len(RULES) == 10
    for rule in RULES:
        text = rule_text(rule, Clocks(1, 1))
        assert text.rule == rule
        assert text.title and text.reading.endswith(".")
        assert not any(sign in text.reading for sign in ("{", "1 months", "1 days"))
    assert [quote.source for quote in rule_text("new-account").quotes] == ["Strategy v9, Rules of Engagement, rule 3"]
    assert "90 days" in rule_text("first-substantive").reading
    assert rule_text("no-claim").quotes == ()


def test_labels_tell_what_rulings_made_of_a_fact():
    rows = [SALE, CLAIM, CREATED, "4 Mar 2026, ruling R1 credits S1 to Ada", "5 Mar 2026, ruling R2 voids I1"]
    labels = label_facts(log(*rows), {"S1": "INV-1"}, Clocks())
    assert labels.keys() == {"S1", "I1", "C1"}
    assert (labels["S1"].label, labels["S1"].by, labels["S1"].ruling, labels["S1"].ignored) == (
        "INV-1",
        "Ada",
        "R1",
        False,
    )
    assert (labels["I1"].label, labels["I1"].ruling, labels["I1"].ignored) == ("I1", "R2", True)
    assert (labels["C1"].ruling, labels["C1"].amount, labels["C1"].ignored) == (None, None, False)
    before = label_facts(log(*rows), {}, Clocks(), known_at=instant("4 Mar 2026 12:00"))
    assert (before["I1"].ignored, before["S1"].by) == (False, "Ada")


def test_small_words():
    assert [naira(amount) for amount in map(Decimal, ("0.001", "0.5", "1234567", "1E+6"))] == [
        "less than NGN 0.01", "NGN 0.50", "NGN 1,234,567", "NGN 1,000,000",
    ]  # fmt: skip
    assert sentence_of("", "a", "b", Part("c", fact="1"), ("d" and Part("d"),)).parts == (
        Part("ab"),
        Part("c", fact="1"),
        Part("d"),
    )
    assert enumeration([]) == ()
