"""The job that answers a what if."""

from django.utils import timezone

from accounts.jobs.queue import Work, handles
from ownership.policies.actions.what_if import WHAT_IF, compare_policies, store_comparison
from ownership.policies.models import WhatIf


@handles(WHAT_IF)
def answer_what_if(work: Work) -> str:
    question = WhatIf.objects.select_related("policy").get(pk=work.subject)
    counts, changes = compare_policies(question, step=work.step)
    words = f"{counts['changed']:,} of {counts['accounts']:,} accounts would change."
    with work.once(words):
        store_comparison(question, counts, changes, at=timezone.now())
    return words
