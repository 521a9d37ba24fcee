"""Where Celery finds this app's tasks, and with them the handlers of its jobs."""

import ownership.policies.tasks
import ownership.replay.tasks  # noqa: F401
