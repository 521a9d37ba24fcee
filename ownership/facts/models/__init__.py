"""The facts that ownership records itself (assignments, rulings, renewals), and the policy."""

from ownership.facts.models.assignments import Assignment
from ownership.facts.models.policies import Policy
from ownership.facts.models.renewals import Renewal
from ownership.facts.models.rulings import Ruling, RulingKind, RulingOnAFact

__all__ = [
    "Assignment",
    "Policy",
    "Renewal",
    "Ruling",
    "RulingKind",
    "RulingOnAFact",
]
