import pytest
from django.core.files import File

from accounts.models import Account, ImportRun, Staff, StaffRole
from interactions.models import Interaction, InteractionKind, KindVersion
from interactions.workbook import actions
from interactions.workbook.decisions import Choices
from tests.conftest import NOW

pytestmark = pytest.mark.postgresql

ASK = """
def run(me):
    from interactions.workbook import actions as workbook
    return workbook.request(ImportRun.objects.get(), workbook.APPLY, by=Staff.objects.get(), at=AT).kind
"""
DO = """
from django.conf import settings
settings.MEDIA_ROOT = {media!r}
def run(me):
    from interactions.workbook import actions as workbook
    workbook.apply(ImportRun.objects.get(), at=AT)
    return "applied"
"""


@pytest.fixture
def run(race, small, settings):
    for slug in ("conversation", "meeting", "site-visit"):
        kind, _ = InteractionKind.objects.get_or_create(slug=slug)
        since = NOW.replace(year=2000)
        KindVersion.objects.get_or_create(
            kind=kind, effective_from=since, defaults={"label": slug, "substantive": False, "created_at": since}
        )
    tunde = Staff.objects.create(username="tunde", full_name="Tunde Bakare")
    StaffRole.objects.create(staff=tunde, role="pbi")
    with small.open("rb") as file:
        run = actions.upload(by=tunde, at=NOW, file=File(file), file_name="hub.xlsx", division=None, choices=Choices())
    actions.check(run, at=NOW)
    return run


def test_a_double_click_on_apply_asks_once(run, race):
    assert sorted(race(ASK, 4)) == ["refused:not_now"] * 3 + ["workbook_apply"]


def test_two_workers_apply_once(run, race, settings):
    actions.start_applying(run, by=None)
    answers = race(DO.format(media=str(settings.MEDIA_ROOT)), 3)
    assert sorted(answers) == ["applied", "refused:not_now", "refused:not_now"]
    assert (Account.objects.count(), Interaction.objects.count()) == (1, 1)
    assert ImportRun.objects.get().state == "applied"
