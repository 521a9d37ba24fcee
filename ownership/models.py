"""The place where Django finds this app's models. All other code imports them from their slice."""

import ownership.disputes.models
import ownership.facts.models
import ownership.policies.models
import ownership.replay.models
import ownership.routing.models  # noqa: F401
