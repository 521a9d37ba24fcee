"""The rules of engagement in words: who holds an account and why, what would change it, and what the rules say.

Every `Sentence` is plain text in parts that name the facts and people they speak of, so that a page can link them. Days
are those of the policy's time zone; amounts are in NGN.
"""

from ownership.explain.case import Case, FactLabel, label_facts
from ownership.explain.claims import Answer, Proposal, what_would_have_to_be_true
from ownership.explain.phrases import Part, Sentence
from ownership.explain.quotes import RULES, Quote, RuleText, rule_text
from ownership.explain.sentences import next_change, policy_change, segment_sentences, sentence

__all__ = [
    "RULES",
    "Answer",
    "Case",
    "FactLabel",
    "Part",
    "Proposal",
    "Quote",
    "RuleText",
    "Sentence",
    "label_facts",
    "next_change",
    "policy_change",
    "rule_text",
    "segment_sentences",
    "sentence",
    "what_would_have_to_be_true",
]
