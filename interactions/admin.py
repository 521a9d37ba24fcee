"""Where Django finds this app's admin pages: each slice registers its own."""

import interactions.log.admin
import interactions.sales.admin  # noqa: F401
