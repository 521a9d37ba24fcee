"""The list of interactions."""

from typing import Any

from accounts.lists import list_page
from interactions.log.filters import InteractionFilters
from interactions.log.models import Interaction
from interactions.log.tables import InteractionTable


def _interactions() -> Any:
    return Interaction.objects.select_related("contact", "account", "logged_by").only(
        *"code occurred_at logged_at contact__code contact__full_name account__code account__name account__division_id "
        "channel kind_id substantive notes confidential next_action due_on done_at done_by_id logged_by__full_name "
        "logged_by__initials source voided_at void_reason".split()
    )


INTERACTIONS = list_page.Listing(
    name="interactions",
    label="Interactions",
    noun="interaction",
    nouns="interactions",
    rows=_interactions,
    table=InteractionTable,
    filters=InteractionFilters,
    icon="message-square-text",
    nothing="Nothing logged yet",
    promise="Every call, visit and message with a customer will be here, newest first.",
    first="Log the first one: it takes three inputs.",
    new="interactions:log",
    new_label="Log an interaction",
    searched_by="a name, a phone number, an interaction's code or a word of its notes.",
    presets=(
        ("All", ""),
        ("Logged by me", "logged_by=me"),
        ("My open actions", "action=mine"),
        ("Overdue", "action=overdue"),
    ),
    searched_to=list_page.SEARCHED,
    new_in_header=False,
)
interaction_list = list_page.list_view(INTERACTIONS)
