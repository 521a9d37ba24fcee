"""The place where Django finds this app's models. All other code imports them from their slice."""

import kpis.metrics.models  # noqa: F401
