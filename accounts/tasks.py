"""Where Celery finds this app's tasks, and with them the handlers of its jobs."""

import accounts.imports.tasks
import accounts.jobs.tasks  # noqa: F401
