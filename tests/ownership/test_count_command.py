"""The command that counts accounts by state, as of any instant."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mikano_cx.demo.samples import load_sample, maven
from ownership.replay.models import Tenure
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def counted(**options: str) -> str:
    out = StringIO()
    call_command("count_ownership", stdout=out, **options)
    return out.getvalue().strip()


def test_it_counts_as_of_then_and_writes_nothing(shared_data):
    load_sample(maven(shared_data / "maven_crm"), at=NOW)
    before = list(Tenure.objects.order_by("pk").values())
    assert counted() == "85 accounts: 0 owned, 0 led, 0 unassigned, 85 orphan."
    assert counted(as_of="2018-01-01T00:00:00+01:00") == "85 accounts: 85 owned, 0 led, 0 unassigned, 0 orphan."
    assert counted(as_of="2017-04-01T00:00:00+01:00") == "85 accounts: 84 owned, 1 led, 0 unassigned, 0 orphan."
    assert counted(codes="MV-A01", as_of="2018-01-01T00:00:00+01:00").startswith("1 accounts: 1 owned")
    assert list(Tenure.objects.order_by("pk").values()) == before


def test_before_the_first_policy_and_without_an_offset_it_is_a_sentence():
    for instant in ("1998-05-07T00:00:00+01:00", "2018-05-07"):
        with pytest.raises(CommandError, match="--as-of: ") as error:
            counted(as_of=instant)
        assert error.value.returncode == 2
