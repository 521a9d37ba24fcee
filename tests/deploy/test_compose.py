"""What must stay true of the container files; their form is checked by the compose schema and hadolint."""

import os
import re

import pytest
import yaml

from deploy.environment import PYTHON, ROOT
from tests.deploy.conftest import run

OURS = ("web", "worker", "beat", "migrate")
TEXT = (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def services() -> dict:
    return yaml.safe_load(TEXT)["services"]


def test_it_follows_the_compose_schema():
    done = run(
        dict(os.environ),
        *(str(PYTHON), "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
    )
    assert done.returncode == 0, done.stdout


def test_it_has_a_health_check_and_a_restart_policy_for_all_that_stays(services):
    assert set(services) == {*OURS, "postgres", "redis"}
    for name, service in services.items():
        if name == "migrate":
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped" and service["healthcheck"]["test"], name


def test_it_starts_the_hub_after_the_migration_and_well_servers(services):
    for name in ("web", "worker", "beat"):
        after = {other: how["condition"] for other, how in services[name]["depends_on"].items()}
        assert after == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }, name


def test_it_runs_the_same_entry_points_as_the_hub_on_one_machine(services):
    for name in OURS:
        assert services[name]["command"] == [f"deploy/{name}"]
        assert os.access(ROOT / "deploy" / name, os.X_OK)
    for name in ("web", "worker", "beat"):
        assert services[name]["healthcheck"]["test"] == ["CMD", "deploy/health", name]


def test_it_opens_no_port_but_the_webs_on_this_machine(services):
    assert {name for name, service in services.items() if "ports" in service} == {"web"}
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])


def test_it_holds_no_secret(services):
    for service in services.values():
        for name, value in service["environment"].items():
            if re.search("KEY|PASSWORD|AUTH|SECRET", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
    assert not re.search(r"://[^\s{}:]*:[^\s${}]+@", TEXT)


def test_it_keeps_the_queue_over_a_restart(services):
    assert "--appendonly yes" in " ".join(services["redis"]["command"])


def test_it_documents_every_variable_that_the_files_name():
    example = (ROOT / ".env.example").read_text()
    settings = (ROOT / "mikano_cx" / "settings.py").read_text()
    named = set(re.findall(r"\$\{(\w+)", TEXT)) - {"HUB_VERSION", "PORT"}
    named |= set(re.findall(r'(?:env\.\w+|_required_variable)\("(\w+)"', settings))
    missing = {name for name in named if not re.search(rf"^(# )?{name}=", example, re.M)}
    assert not missing


def test_it_runs_the_image_as_nobody_in_particular_and_installs_only_pinned_files():
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER 10001$", text, re.M)
    assert "--require-hashes -r requirements.txt" in text


@pytest.mark.parametrize("name", ["constraints.txt", "requirements.txt"])
def test_it_pins_every_package_with_hashes_and_no_registrys_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text and "--index" not in text
    blocks = re.split(r"^(?=\S)", text, flags=re.M)[1:]
    assert blocks and all(re.match(r"[\w.-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)


def test_it_runs_on_packages_that_developers_have_too():
    pins = {
        name: set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.M))
        for name in ("constraints.txt", "requirements.txt")
    }
    assert pins["requirements.txt"] < pins["constraints.txt"]
