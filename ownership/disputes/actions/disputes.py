"""Actions on disputes and their rulings. A ruling corrects a fact; the rules alone decide what follows from it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.events import facts_changed
from accounts.people import roles
from accounts.people.actions.notices import give_notices
from accounts.people.models import Notice, Staff
from accounts.people.roles import Role
from accounts.records.models import Account
from accounts.records.models.accounts import OwnerBasis
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused
from ownership.disputes.models import Dispute, DraftRuling
from ownership.engine.rules import Clocks, Fact, Timeline
from ownership.engine.timeline_json import timeline_to_json
from ownership.facts.models import Ruling, RulingKind
from ownership.facts.queries import INTERACTION, fact_id, facts_of, policy_in_force, row_of, staff_key
from ownership.replay.actions.notices import NoticeKind
from ownership.replay.actions.replay import replay_latest
from ownership.replay.models import OwnerReview, OwnershipFlag
from ownership.timeline.fact_cards import Dossier

AIMS_AT = {
    RulingKind.VOID.value: ("created", "sale", "interaction", "assignment"),
    RulingKind.CREDIT.value: ("sale",),
    RulingKind.RECLASSIFY.value: ("interaction",),
}


@dataclass(frozen=True)
class Preview:
    """The time line without and with the drafted rulings (`drafts`, as facts).

    `digest` is a hash of both and of the drafts: another outcome has another digest.
    """

    before: Timeline
    after: Timeline
    drafts: tuple[Fact, ...]
    digest: str


@transaction.atomic
def open_dispute(
    account: Account,
    *,
    by: Staff,
    at: datetime,
    question: str,
    claimants: Iterable[Staff],
    flag: OwnershipFlag | None = None,
    idempotency_key: str | None = None,
) -> Dispute:
    """Put the question of whose the account is to its division's head. A claimant or a head of the division may.

    The same idempotency key opens one dispute. Refuses: `question_missing`, `claimants_missing`, `gone` (a claimant
    doesn't work here), `not_sales` (a claimant isn't in sales), `not_a_claimant`, `wrong_flag` (of another account),
    `open_already`.
    """
    people = sorted(set(claimants), key=lambda person: person.pk)
    if again := _earlier_dispute(idempotency_key):
        return again
    if not question.strip():
        raise Refused("question_missing", "Say what is in question, in a sentence.", field="question")
    _check_claimants(people, local_date(at))
    if by not in people and not by.heads(account.division_id):
        raise Refused("not_a_claimant", "A claimant or the division's head opens a dispute.", field="claimants")
    if flag is not None and flag.account_id != account.pk:
        raise Refused("wrong_flag", "What was flagged is on another account.")
    dispute = Dispute(
        account=account,
        question=question.strip(),
        opened_by=by,
        opened_at=at,
        flag=flag,
        idempotency_key=idempotency_key,
        is_demo=account.is_demo and by.is_demo,
    )
    dispute._history_user = by
    try:
        with transaction.atomic():
            dispute.save()
    except IntegrityError:
        if again := _earlier_dispute(idempotency_key):
            return again
        raise Refused("open_already", f"There is an open dispute on {account} already.") from None
    dispute.claimants.set(people)
    head = account.division.head if account.division else None
    _give_notices(dispute, f"{by} opened a dispute on {account}.", but=by, at=at, also=[account.owner, head])
    return dispute


@transaction.atomic
def draft_ruling(
    dispute: Dispute,
    *,
    by: Staff,
    at: datetime,
    kind: str,
    target: str,
    reason: str,
    credited_to: Staff | None = None,
    substantive: bool | None = None,
) -> DraftRuling:
    """Draft a ruling on one fact of the account; a second draft on the fact replaces the first.

    A credit to nobody (`credited_to` None) leaves the sale without a salesperson. Refuses: `closed`, `claimant` (`by`
    claims the account), `not_yours`, `wrong_kind`, `reason_missing`, `unknown_fact`, `not_sales`,
    `substantive_missing`.
    """
    locked = _lock_for_judge(dispute, by, at)
    if kind not in RulingKind.values:
        raise Refused("wrong_kind", "Choose what the ruling does.", field="kind")
    if not reason.strip():
        raise Refused("reason_missing", "Give the ruling's reason: it is kept with it.", field="reason")
    facts = {fact.id: fact for fact in facts_of([locked.account_id], lean=False)[locked.account_id]}
    fact = facts.get(target)
    if fact is None or fact.account is None:
        raise Refused("unknown_fact", "Choose one of the account's facts.", field="target")
    if fact.kind not in AIMS_AT[kind]:
        raise Refused("wrong_kind", f"This can't be ruled on a fact of the kind {fact.kind}.", field="kind")
    if kind == RulingKind.CREDIT and credited_to is not None and not credited_to.has_role(roles.SELLING):
        words = f"{credited_to} isn't in sales: only salespeople hold accounts."
        raise Refused("not_sales", words, field="credited_to")
    if kind == RulingKind.RECLASSIFY and substantive is None:
        raise Refused("substantive_missing", "Say whether it was substantive.", field="substantive")
    draft = locked.drafts.filter(target=target).first() or DraftRuling(dispute=locked, target=target)
    draft.kind, draft.reason = kind, reason.strip()
    draft.credited_to = credited_to if kind == RulingKind.CREDIT else None
    draft.substantive = substantive if kind == RulingKind.RECLASSIFY else None
    draft.author, draft.drafted_at, draft._history_user = by, at, by
    draft.save()
    return draft


@transaction.atomic
def drop_draft(draft: DraftRuling, *, by: Staff, at: datetime) -> None:
    """Take a draft back. Refuses: `closed`, `claimant`, `not_yours`."""
    locked = _lock_for_judge(draft.dispute, by, at)
    _delete(locked.drafts.filter(pk=draft.pk), by)


def preview_rulings(dispute: Dispute, *, at: datetime) -> Preview:
    """The account's time line as of `at`, without and with the dispute's drafts."""
    _, policy = policy_in_force(at)
    facts = facts_of([dispute.account_id], lean=False)[dispute.account_id]
    return preview_of(dispute, facts, policy, at=at)


def preview_of(dispute: Dispute, facts: list[Fact], policy: Clocks, *, at: datetime) -> Preview:
    """The preview of `preview_rulings`, from all `facts` of the account, under the given clocks."""
    drafts = list(dispute.drafts.all())
    drafted = tuple(_as_fact(draft, dispute.account_id, at) for draft in drafts)
    before, after = replay_latest(facts, policy, at), replay_latest([*facts, *drafted], policy, at)
    rulings = [[draft.kind, draft.target, draft.credited_to_id, draft.substantive, draft.reason] for draft in drafts]
    seen = [timeline_to_json("", before)["segments"], timeline_to_json("", after)["segments"], rulings]
    return Preview(before, after, drafted, hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16])


@transaction.atomic
def sign_rulings(dispute: Dispute, *, by: Staff, at: datetime, reason: str, digest: str) -> Dispute:
    """Sign all drafts: they become facts, the account is replayed, and the dispute is closed with its evidence.

    `digest` is that of the preview that the head has seen. Because the head has seen the outcome, an open owner review
    of the account ends too. Refuses: `closed`, `claimant`, `not_yours`, `reason_missing`, `no_draft`, `changed` (the
    drafts or the outcome differ from that preview).
    """
    locked = _lock_for_judge(dispute, by, at)
    lock_people(locked.drafts.values_list("credited_to", flat=True))
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=locked.account_id)
    drafts = list(locked.drafts.all())
    if not reason.strip():
        raise Refused("reason_missing", "Say why it is decided so: the claimants will read it.", field="reason")
    if not drafts:
        raise Refused("no_draft", "Draft a ruling first, or close the dispute: the finding stands.")
    preview = preview_rulings(locked, at=at)
    if preview.digest != digest:
        raise Refused("changed", "Something changed since you looked: look at the replay again, then sign.")
    for draft in drafts:
        Ruling.objects.create(
            kind=draft.kind,
            target=draft.target,
            credited_to=draft.credited_to,
            substantive=draft.substantive,
            reason=draft.reason,
            account_id=locked.account_id,
            dispute=locked,
            entry_id=row_of(draft.target)[1] if draft.target.startswith(INTERACTION) else None,
            author=by,
            at=at,
            is_demo=locked.is_demo,
        )
    _delete(locked.drafts.all(), by)
    _close(locked, Dispute.State.RULED, by=by, at=at, reason=reason, preview=preview)
    _end_review(locked, by=by, at=at)
    facts_changed.send(Ruling, account_ids={locked.account_id}, at=at, by=by)
    _give_notices(locked, f"{by} ruled on the dispute on {locked.account}.", but=by, at=at)
    return locked


@transaction.atomic
def close_dispute(dispute: Dispute, *, by: Staff, at: datetime, reason: str) -> Dispute:
    """Close the dispute without a ruling: the finding stands.

    Refuses: `closed`, `claimant`, `not_yours`, `reason_missing`, `drafts_left`.
    """
    locked = _lock_for_judge(dispute, by, at)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the finding stands: the claimants will read it.", field="reason")
    if locked.drafts.exists():
        raise Refused("drafts_left", "Sign the drafted rulings, or take them back first.")
    _close(locked, Dispute.State.UPHELD, by=by, at=at, reason=reason, preview=preview_rulings(locked, at=at))
    _give_notices(locked, f"{by} closed the dispute on {locked.account}: the finding stands.", but=by, at=at)
    return locked


@transaction.atomic
def withdraw_dispute(dispute: Dispute, *, by: Staff, at: datetime, reason: str = "") -> Dispute:
    """Withdraw the dispute, which only its opener may. Refuses: `closed`, `not_yours`."""
    locked = _lock_open(dispute)
    if by != locked.opened_by:
        raise Refused("not_yours", "Who opened the dispute can withdraw it.")
    _close(locked, Dispute.State.WITHDRAWN, by=by, at=at, reason=reason, preview=preview_rulings(locked, at=at))
    _delete(locked.drafts.all(), by)
    _give_notices(locked, f"{by} withdrew the dispute on {locked.account}.", but=by, at=at)
    return locked


def may_judge(dispute: Dispute, by: Staff, *, on: date) -> bool:
    """Whether `by` may rule on the dispute: a head of the account's division who doesn't claim the account.

    When every head of the division who works on the local day `on` claims it, or there is none, any other head may.
    """
    claimants = {claimant.pk for claimant in dispute.claimants.all()}
    if by.pk in claimants or not by.has_role(roles.HEADING):
        return False
    if by.heads(dispute.account.division_id):
        return True
    of_division = Staff.objects.working(on).filter(roles__role=Role.HEAD, divisions=dispute.account.division_id)
    return not of_division.exclude(pk__in=claimants).exists()


def _earlier_dispute(key: str | None) -> Dispute | None:
    return Dispute.objects.filter(idempotency_key=key).first() if key else None


def _check_claimants(people: list[Staff], on: date) -> None:
    if not people:
        raise Refused("claimants_missing", "Name who claims the account.", field="claimants")
    working = set(Staff.objects.working(on).filter(pk__in=[claimant.pk for claimant in people]))
    for claimant in people:
        if claimant not in working:
            raise Refused("gone", f"{claimant} doesn't work here (any more).", field="claimants")
        if not claimant.has_role(roles.SELLING):
            raise Refused("not_sales", f"{claimant} isn't in sales: only salespeople hold accounts.", field="claimants")


def _lock_open(dispute: Dispute) -> Dispute:
    locked = Dispute.objects.select_for_update(of=("self",)).select_related("account__division").get(pk=dispute.pk)
    if locked.state != Dispute.State.OPEN:
        raise Refused("closed", "This dispute is closed.")
    return locked


def _lock_for_judge(dispute: Dispute, by: Staff, at: datetime) -> Dispute:
    locked = _lock_open(dispute)
    if by.has_role(roles.HEADING) and locked.claimants.filter(pk=by.pk).exists():
        raise Refused("claimant", "You claim this account yourself: another head rules on it.")
    if not may_judge(locked, by, on=local_date(at)):
        raise Refused("not_yours", "The head of the account's division rules on this dispute.")
    return locked


def _close(dispute: Dispute, state: str, *, by: Staff, at: datetime, reason: str, preview: Preview) -> None:
    dispute.state, dispute.closed_by, dispute.closed_at, dispute.reason = state, by, at, reason.strip()
    after = preview.after if state == Dispute.State.RULED else preview.before
    dispute.before = timeline_to_json(dispute.account.code, preview.before)
    dispute.after = timeline_to_json(dispute.account.code, after)
    named = (*dispute.claimants.all(), dispute.account.owner, dispute.opened_by)
    people = {str(one.pk): one.full_name for one in named if one}
    dispute.evidence = Dossier.of(dispute.account, as_of=at, people=people).record()
    dispute._history_user = by
    dispute.save()
    Notice.objects.filter(to=by, url=dispute.get_absolute_url(), read_at=None).update(read_at=at)


def _delete(drafts: QuerySet[DraftRuling], by: Staff) -> None:
    for draft in drafts:
        draft._history_user = by
        draft.delete()


def _as_fact(draft: DraftRuling, account_id: int, at: datetime) -> Fact:
    """The ruling that the draft would be; its id sorts after those of signed rulings, so it is the last in effect."""
    return Fact(
        f"R~{fact_id('', draft.pk)}",
        str(account_id),
        draft.kind,
        at,
        at,
        staff_key(draft.credited_to_id),
        substantive=bool(draft.substantive),
        target=draft.target,
    )


def _end_review(dispute: Dispute, *, by: Staff, at: datetime) -> None:
    """Accept the account's open review and let the account show the rules' owner from now on."""
    reviews = OwnerReview.objects.filter(account=dispute.account_id, state__in=OwnerReview.OPEN)
    why = f"Ruled on in dispute {dispute.pk}"
    reviews.update(state=OwnerReview.State.ACCEPTED, decided_by=by, decided_at=at, reason=why)
    Account.objects.filter(pk=dispute.account_id).update(owner_basis=OwnerBasis.RULES)


def _give_notices(dispute: Dispute, text: str, *, but: Staff, at: datetime, also: Iterable[Staff | None] = ()) -> None:
    people = {person.pk for person in (*dispute.claimants.all(), dispute.opened_by, *also) if person}
    give_notices(
        [
            Notice(
                to_id=pk,
                account_id=dispute.account_id,
                kind=NoticeKind.DISPUTE,
                about_at=at,
                text=text[:400],
                url=dispute.get_absolute_url(),
                at=at,
            )
            for pk in people - {but.pk}
        ]
    )
