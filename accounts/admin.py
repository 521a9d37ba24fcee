"""The modules in which Django finds the admin pages of accounts; each slice registers its own."""

import accounts.imports.admin
import accounts.imports.feeds.admin
import accounts.jobs.admin
import accounts.lists.admin
import accounts.people.admin
import accounts.records.admin  # noqa: F401
