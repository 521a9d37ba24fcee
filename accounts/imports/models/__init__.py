from accounts.imports.models.feeds import ErpCustomer, Feed, FeedFreshness
from accounts.imports.models.runs import ImportRow, ImportRun

__all__ = [
    "ErpCustomer",
    "Feed",
    "FeedFreshness",
    "ImportRow",
    "ImportRun",
]
