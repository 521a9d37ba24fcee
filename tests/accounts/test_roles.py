from pathlib import Path

import pytest

from accounts.people.roles import ADMIN_PERMISSIONS, ROLE_LABELS, Role, allows


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.IT}))
def test_only_it_may_change_staff(role):
    for action in ("add", "change", "delete"):
        for model in ("staff", "staffrole"):
            assert not allows(frozenset({role}), f"accounts.{action}_{model}")


@pytest.mark.parametrize("role", Role)
def test_no_role_deletes_a_record(role):
    for app in ("accounts", "interactions", "ownership", "kpis"):
        for model in ("account", "contact", "interaction", "staff", "policy", "definition", "importrun"):
            assert not allows(frozenset({role}), f"{app}.delete_{model}")


def test_a_role_without_the_admin_has_no_permission_there():
    for role in (Role.SALES, Role.HEAD, Role.MANAGEMENT):
        assert role not in ADMIN_PERMISSIONS
        assert not allows(frozenset({role}), "accounts.view_account")


def test_the_page_on_roles_names_every_role():
    page = Path("docs/roles.md").read_text()
    for label in ROLE_LABELS.values():
        assert label.split(" (")[0] in page
