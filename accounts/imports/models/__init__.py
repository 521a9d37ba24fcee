from accounts.imports.models.feeds import ErpCustomer, Feed, FeedFreshness, FeedRow, FeedRun
from accounts.imports.models.runs import ImportRow, ImportRun

__all__ = [
    "ErpCustomer",
    "Feed",
    "FeedFreshness",
    "FeedRow",
    "FeedRun",
    "ImportRow",
    "ImportRun",
]
