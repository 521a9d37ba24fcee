"""What Celery loads of this app: the handlers of its jobs (see `accounts.jobs`)."""

from interactions.workbook import handlers

__all__ = ["handlers"]
