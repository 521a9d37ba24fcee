"""The lists that can have saved views. The app that shows a list registers it, so a new list needs no migration."""

LISTS: dict[str, str] = {}
"""The label that people read, by the name that saved views store."""
