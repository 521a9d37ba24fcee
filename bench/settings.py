"""Production's settings, with a middleware that measures."""

from mikano_cx.settings import *  # noqa: F403
from mikano_cx.settings import MIDDLEWARE as HUB_MIDDLEWARE

MIDDLEWARE = ["bench.middleware.Measure", *HUB_MIDDLEWARE]
