"""Where Django finds this app's models. Everybody else takes them from their slice."""

import kpis.metrics.models  # noqa: F401
