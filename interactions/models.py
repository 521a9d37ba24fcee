"""Where Django finds this app's models. Everybody else takes them from their slice."""

import interactions.log.models
import interactions.sales.models  # noqa: F401
