"""Where Django finds this app's admin pages: each slice registers its own."""

import kpis.metrics.admin  # noqa: F401
