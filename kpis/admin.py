"""The place where Django finds this app's admin pages. Each slice registers its own."""

import kpis.metrics.admin  # noqa: F401
