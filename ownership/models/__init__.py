from .assignments import Assignment
from .disputes import Dispute, DraftRuling, Ruling, RulingKind
from .notices import Notice
from .policies import Policy
from .renewals import Renewal
from .reviews import OwnerReview
from .routing import Routing
from .supposing import WhatIf, WhatIfChange
from .sweeps import Sweep
from .tenures import OwnershipFlag, Tenure

__all__ = [
    "Assignment",
    "Dispute",
    "DraftRuling",
    "Notice",
    "OwnerReview",
    "OwnershipFlag",
    "Policy",
    "Renewal",
    "Routing",
    "Ruling",
    "RulingKind",
    "Sweep",
    "Tenure",
    "WhatIf",
    "WhatIfChange",
]
