"""The WSGI entry point. In production it refuses to start if a check of `preflight` fails."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")

application = get_wsgi_application()

from mikano_cx.preflight import refuse_unsafe_start  # noqa: E402  (needs the loaded apps)

refuse_unsafe_start()
