from accounts.people import roles
from accounts.people.models import Staff
from interactions.workbook.decisions import Rights


def rights_of(person: Staff | None) -> Rights:
    """Whose records a person changes by importing; None is the command line, which changes all."""
    if person is None or person.has_role(roles.ALL_DIVISIONS):
        return Rights(everywhere=True)
    return Rights(divisions=person.division_ids)
