"""The modules in which Celery finds the tasks of accounts, and with them the handlers of its jobs."""

import accounts.imports.tasks
import accounts.jobs.tasks  # noqa: F401
