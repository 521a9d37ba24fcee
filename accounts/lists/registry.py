"""The lists that have saved views. The app that shows a list registers it, so that a new list costs no migration."""

LISTS: dict[str, str] = {}
"""By name, as saved views keep it: what people call the list."""
