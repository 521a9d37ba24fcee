"""One of the processes of a race: forked from a server that has the hub imported already, with connections of its own.

What is here is what the text of a race may use.
"""

import json
import time  # noqa: F401
import traceback
from datetime import UTC, datetime, timezone  # noqa: F401
from multiprocessing.connection import Connection
from typing import Any

import django
from django.apps import apps
from django.test import override_settings

if not apps.ready:
    django.setup()

from accounts.imports.models import *  # noqa: F403
from accounts.jobs.models import *  # noqa: F403
from accounts.people.models import *  # noqa: F403
from accounts.people.models import Staff
from accounts.records import actions as accounts  # noqa: F401
from accounts.records.models import *  # noqa: F403
from interactions.log import actions as interactions  # noqa: F401
from interactions.log.models import *  # noqa: F403
from interactions.sales.models import *  # noqa: F403
from mikano_cx.kit.refusal import Refused

AT = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def take_part(body: str, me: int, line: Connection, settings: dict[str, Any]) -> None:
    """Say "ready" once connected, wait for the start, and send what the function `run(me)` of `body` gives, as JSON."""
    override_settings(**settings).enable()
    try:
        names = dict(globals())
        exec(body, names)
        Staff.objects.count()
        line.send("ready")
        line.recv()
        try:
            result = names["run"](me)
        except Refused as refused:
            result = f"refused:{refused.code}"
        line.send(json.dumps(result))
    except BaseException:
        line.send(traceback.format_exc())
        raise
