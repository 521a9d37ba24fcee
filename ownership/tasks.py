"""The place where Celery finds this app's tasks and the handlers of its jobs."""

import ownership.policies.tasks
import ownership.replay.tasks  # noqa: F401
