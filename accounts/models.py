"""The modules in which Django finds the models of accounts; all other code imports models from their slice."""

import accounts.imports.models
import accounts.jobs.models
import accounts.lists.models
import accounts.people.models
import accounts.records.models  # noqa: F401
