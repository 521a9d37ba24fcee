"""The table of the list of interactions."""

from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.people.models import Staff
from interactions.log.facts import MASK, may_read_notes
from interactions.log.models import Interaction, Source
from mikano_cx.kit.html import markup
from mikano_cx.kit.tables import Column, DayColumn, HubTable, MomentColumn, PersonColumn, address_of_page, badge
from mikano_cx.kit.templatetags.hub import moment

EXCERPT = 120  # letters of the notes in a row; an export has all of them


class InteractionTable(HubTable):
    """A table of interactions, with notes masked that `reader` may not read. `kinds` are labels by kind id."""

    when = MomentColumn("When", accessor="occurred_at", href=address_of_page("interactions:interaction"))
    who = Column("Who", accessor="contact", href=address_of_page("pages:contact", "contact"), orderable=False,
                 plain=lambda record: str(record.contact or ""))  # fmt: skip
    account = Column("Account", href=address_of_page("pages:account", "account"), orderable=False,
                     plain=lambda record: str(record.account))  # fmt: skip
    account_code = Column("Account ID", accessor="account__code", orderable=False)
    channel = Column("Channel", orderable=False, plain=lambda record: record.get_channel_display())
    kind = Column("Kind", accessor="kind_id", orderable=False)
    notes = Column("Notes", orderable=False, attrs={"td": {"class": "notes"}})
    next_action = Column("Next action", orderable=False, attrs={"td": {"class": "action"}})
    due = DayColumn("Due", accessor="due_on")
    logged_by = PersonColumn("By", orderable=False, attrs={"td": {"class": "logger"}})
    source = Column("Source", orderable=False)
    code = Column("ID", orderable=False)
    logged_at = MomentColumn("Logged", orderable=False)
    state = Column("Void", accessor="voided_at", orderable=False)

    always = ("when",)
    usual = ("when", "who", "account", "channel", "kind", "notes", "next_action", "due", "logged_by")
    label = "Interactions"

    class Meta:
        order_by = "-when"
        default = ""

    def __init__(self, data: Any, *, reader: Staff, kinds: dict[int, str], today: date, **options: Any) -> None:
        self.reader, self.kinds, self.today = reader, kinds, today
        super().__init__(data, **options)

    def row_class(self, record: Interaction) -> str:
        return "is-void" if record.voided_at else ""

    def render_when(self, record: Interaction) -> Any:
        shown = moment(record.occurred_at)
        return markup("{} {}", shown, badge("Void", "danger", record.void_reason)) if record.voided_at else shown

    def render_kind(self, record: Interaction) -> Any:
        name = self.kinds.get(record.kind_id, str(record.kind_id))
        return badge(name, "accent", "Substantive: it can claim an orphan account") if record.substantive else name

    def value_kind(self, record: Interaction) -> str:
        return self.kinds.get(record.kind_id, str(record.kind_id))

    def render_notes(self, record: Interaction) -> Any:
        if not may_read_notes(record, self.reader):
            return markup('<span class="muted">{}</span>', MASK)
        return markup('<span class="excerpt">{}</span>', Truncator(" ".join(record.notes.split())).chars(EXCERPT))

    def value_notes(self, record: Interaction) -> str:
        return record.notes if may_read_notes(record, self.reader) else MASK

    def render_due(self, record: Interaction) -> Any:
        shown = moment(record.due_on)
        late = record.due_on is not None and record.due_on < self.today and not record.voided_at
        if record.closed_at_import:
            mark = badge("Closed", "", "Closed when it was imported, done by nobody")
        elif record.done_at:
            mark = badge("Done", "success")
        elif late:
            mark = badge("Overdue", "danger")
        else:
            return shown
        return markup("<div>{} {}</div>", shown, mark)

    def render_source(self, record: Interaction) -> str:
        return {Source.WEB: "Hub", Source.IMPORT: "Imported", Source.API: "API"}[Source(record.source)]

    value_source = render_source

    def render_state(self, record: Interaction) -> SafeString | str:
        return badge("Void", "danger", record.void_reason) if record.voided_at else ""

    def value_state(self, record: Interaction) -> str:
        return f"Void: {record.void_reason}" if record.voided_at else ""
