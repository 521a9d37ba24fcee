"""The modules in which Django finds the admin pages of interactions; each slice registers its own."""

import interactions.log.admin
import interactions.sales.admin  # noqa: F401
