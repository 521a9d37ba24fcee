"""axe finds nothing on the pages of a head's desk and of the policy, light and dark, wide and narrow."""

import pytest
from django.utils import timezone

from accounts.people.actions.leave import add_leave
from accounts.people.models import Notice, ProductLine
from mikano_cx.kit.local_time import local_date
from ownership.policies.actions.what_if import ask_what_if
from ownership.policies.models import WhatIf, WhatIfChange
from ownership.replay.models import OwnerReview
from ownership.routing.actions import route_inquiry
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults

PAGES = {
    "reviews": "/ownership/reviews/",
    "held": "/ownership/reviews/?state=held",
    "notices": "/ownership/notices/",
    "read": "/ownership/notices/?show=all",
    "policy": "/ownership/policy/",
    "what if": "/ownership/policy/what-if/{answered}/",
    "being answered": "/ownership/policy/what-if/{waiting}/",
    "routing": "/ownership/routing/?division=motors",
    "my day": "/",
}


@pytest.fixture
def desk(hub):
    at, cast, zenith = timezone.now(), hub.cast, hub.zenith
    OwnerReview.objects.create(
        account=zenith, workbook_owner=cast.funke, computed_state="orphan", rule="no-claim", created_at=at
    )
    for number, kind in enumerate(("gained", "lost", "ending", "claimed", "dispute", "flag")):
        Notice.objects.create(
            to=cast.ngozi, account=zenith, kind=kind, about_at=at, text=f"News {number}", url="/", at=at
        )
    sets = ProductLine.objects.create(division=zenith.division, name="Generators")
    cast.funke.product_lines.add(sets)
    route_inquiry(None, zenith.division, sets, at)
    route_inquiry(zenith, zenith.division, None, at)
    add_leave(cast.aisha, by=cast.ngozi, at=at, first_day=local_date(at), last_day=local_date(at))
    waiting = ask_what_if(by=cast.tunde, at=at, orphan_after_months=24, lead_days=30)
    answered = ask_what_if(by=cast.tunde, at=at, orphan_after_months=18, lead_days=60)
    WhatIf.objects.filter(pk=answered.pk).update(finished_at=at, counts={"accounts": 1, "changed": 1, "freed": 1})
    WhatIfChange.objects.create(
        what_if=answered, account=zenith, kind="freed", owner_now=cast.funke, state_now="owned", state_then="orphan"
    )
    return {"waiting": waiting.pk, "answered": answered.pk}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, desk, open_hub, scheme, width):
    found = {}
    for person, names in ((hub.cast.ngozi, list(PAGES)), (hub.cast.tunde, ["policy", "what if", "routing"])):
        page = open_hub(person, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
        for name in names:
            page.goto(PAGES[name].format(**desk))
            for summary in page.locator("main details > summary").all():
                summary.click()
            key = f"{name}, {person.username}"
            found[key] = faults(page)
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found[key] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    assert {name: problems for name, problems in found.items() if problems} == {}
