"""Where Django finds this app's models. Everybody else takes them from their slice."""

import accounts.imports.models
import accounts.jobs.models
import accounts.lists.models
import accounts.people.models
import accounts.records.models  # noqa: F401
