"""The hub's settings, with a worker that also knows the tests' own kind of job."""

from mikano_cx.settings import *  # noqa: F403

CELERY_IMPORTS = ["tests.deploy.job_handlers"]
