"""The modules in which Django finds the models of interactions; all other code imports models from their slice."""

import interactions.log.models
import interactions.sales.models  # noqa: F401
