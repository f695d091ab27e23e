"""The container files (rule 11.7): what they name is there, and they agree with each other."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.test import override_settings
from django.utils.module_loading import import_string

from tests.groupadmin.test_wsgi import options

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "groupadmin" / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
EXAMPLE = DEPLOY / "groupadmin.env.example"
CONTAINERFILE = DEPLOY / "Containerfile"
UNITS = sorted(DEPLOY.glob("*.service"))


def tool(name: str) -> str:
    """A program of the system, or of the extra "containers"."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return found or pytest.skip(f"needs {name}")


def run(*command: object) -> str:
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def instructions() -> list[tuple[str, str]]:
    """Of the Containerfile, each on one line."""
    lines = [line for line in CONTAINERFILE.read_text().splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in whole.splitlines() if line.strip()]


def of(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def manifests() -> list[dict[str, Any]]:
    return [
        found
        for path in sorted(KUBERNETES.glob("*.yaml"))
        for found in yaml.safe_load_all(path.read_text())
        if found["kind"] != "Kustomization"
    ]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Whatever runs, by its name."""
    for found in manifests():
        spec = found.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield found["metadata"]["name"], spec["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["containers"], *pod.get("initContainers", ())]


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def our_services() -> dict[str, dict[str, Any]]:
    return {name: found for name, found in compose()["services"].items() if name != "database"}


def commands() -> Iterator[list[str]]:
    """What is run in containers, word by word; of a shell, what it runs."""
    given = [of("CMD")[0], *re.findall(r"\.venv/bin/python manage\.py [^&]+", " ".join(of("RUN")))]
    yield json.loads(given[0])
    yield from (shlex.split(line) for line in given[1:])
    found = [service["command"] for service in our_services().values() if "command" in service]
    found += [one["command"] for _name, pod in pods() for one in containers(pod) if "command" in one]
    for command in found:
        if command[0] == "sh":
            yield from (line.split() for line in re.findall(r"python manage\.py [^&;]+", command[2]))
        else:
            yield command


class TestImage:
    def test_copies_what_is_there_and_what_the_ignore_file_lets_in(self) -> None:
        let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
        copied = [name for rest in of("COPY") if "--from" not in rest for name in rest.split()[:-1]]
        assert sorted(copied) == sorted(let_in)
        for name in copied:
            assert (ROOT / name).exists(), name

    def test_leaves_nothing_out_that_runs(self) -> None:
        """All packages, and what settings look for beside them."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        copied = {name for rest in of("COPY") for name in rest.split()}
        assert {
            *project["tool"]["importlinter"]["root_packages"],
            "templates",
            "static",
            "manage.py",
        } <= copied
        (asked,) = re.findall(r"--editable '\.\[(.+?)\]'", " ".join(of("RUN")))
        assert set(asked.split(",")) <= project["project"]["optional-dependencies"].keys()

    def test_lets_in_no_settings(self) -> None:
        """A file with secrets beside the compose file or the manifests must not end in an image."""
        refused = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:2] == "**"]
        for name in (".env", "groupadmin.env"):
            assert any(fnmatch(f"groupadmin/deploy/{name}", rule) for rule in refused)
            assert name in (ROOT / ".gitignore").read_text().split(), "nor in a commit"

    def test_starts_gunicorn_as_the_unit_does(self) -> None:
        """What a proxy may say, and how long a process lives; only the place and the number are its own."""
        words = json.loads(of("CMD")[0])[1:]
        own = {"--bind": "0.0.0.0:8000", "--worker-tmp-dir": "/dev/shm", "--graceful-timeout": "30"}
        for name, value in own.items():
            place = words.index(name)
            assert words[place + 1] == value
            del words[place : place + 2]
        units = options()
        place = units.index("--workers")
        assert units[place + 1] in next(rest for rest in of("ENV") if "WEB_CONCURRENCY" in rest)
        del units[place : place + 2]
        assert words == units

    def test_runs_as_nobody_in_particular(self) -> None:
        assert of("USER") == ["10001:10001"]
        assert "EXPOSE" in dict(instructions())

    def test_is_good_for_hadolint(self) -> None:
        run(tool("hadolint"), CONTAINERFILE)


@override_settings(TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}})
def test_what_containers_run_is_there() -> None:
    known = get_commands()
    ran = set()
    for command in commands():
        if command[0] == "gunicorn":
            module, _colon, name = command[1].partition(":")
            assert Path(ROOT, *module.split(".")).with_suffix(".py").exists()
            assert name == "application"
            continue
        python, manage, name, *rest = command
        assert (python.rpartition("/")[2], manage) == ("python", "manage.py")
        assert name in known, command
        app = known[name]
        parser = import_string(f"{app}.management.commands.{name}.Command")().create_parser("", name)
        parser.parse_args(rest)
        ran.add(name)
    units = {word for path in UNITS for word in re.findall(r"manage\.py (\w+)", path.read_text())}
    assert units - {"compare_directory"} <= ran, "all that systemd starts"


class TestCompose:
    def test_starts_all_that_systemd_starts_and_a_database(self) -> None:
        assert compose()["services"].keys() >= {"web", "worker", "mail", "daily", "migrate", "database"}

    def test_opens_nothing_to_the_network(self) -> None:
        for name, service in compose()["services"].items():
            for port in service.get("ports", ()):
                assert port.startswith("127.0.0.1:"), name

    def test_lets_nothing_do_more_than_it_needs(self) -> None:
        for service in our_services().values():
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]
            assert "no-new-privileges:true" in service["security_opt"]
            assert service["image"] == our_services()["web"]["image"]

    def test_leaves_as_much_time_to_end_as_systemd(self) -> None:
        for name in ("web", "worker", "mail"):
            (seconds,) = re.findall(
                r"TimeoutStopSec=(\d+)", (DEPLOY / f"groupadmin-{name}.service").read_text()
            )
            assert our_services()[name]["stop_grace_period"] == f"{seconds}s"
            (pod,) = (pod for found, pod in pods() if found == f"groupadmin-{name}")
            assert pod["terminationGracePeriodSeconds"] >= int(seconds)

    def test_is_good_for_its_schema(self) -> None:
        run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")

    def test_is_good_for_compose(self, tmp_path: Path) -> None:
        shutil.copy(DEPLOY / "compose.yaml", tmp_path)
        (tmp_path / ".env").write_text(EXAMPLE.read_text() + "\nPOSTGRES_PASSWORD=letters\n")
        shown = run(
            tool("docker-compose"), "--project-directory", tmp_path, "-f", tmp_path / "compose.yaml", "config"
        )
        assert "postgresql://groupadmin:letters@database:5432/groupadmin" in shown


class TestKubernetes:
    def test_lets_nothing_do_more_than_it_needs(self) -> None:
        """As the "restricted" of Kubernetes' own standards asks."""
        assert {name for name, _pod in pods()} == {f"groupadmin-{name}" for name in our_services()}
        for _name, pod in pods():
            assert pod["automountServiceAccountToken"] is False
            assert pod["securityContext"]["runAsNonRoot"]
            assert (
                f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
                == of("USER")[0]
            )
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for one in containers(pod):
                assert one["image"] == "groupadmin"
                assert one["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                }
                assert one["resources"]["limits"]["memory"]

    def test_keeps_files_on_no_host(self) -> None:
        """So that any of them can be anywhere; what arrives stays in its pod."""
        for _name, pod in pods():
            assert [volume.keys() - {"name"} for volume in pod["volumes"]] == [{"emptyDir"}]

    def test_asks_where_it_is_told_how_it_is(self) -> None:
        (web,) = (pod["containers"][0] for name, pod in pods() if name == "groupadmin-web")
        (service,) = (one for one in our_services().values() if "healthcheck" in one)
        assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert "/healthz" in service["healthcheck"]["test"][-1]
        ready = web["readinessProbe"]["httpGet"]["path"]
        assert ready.startswith("/readyz?"), "pages are answered though no worker runs"
        assert {port["containerPort"] for port in web["ports"]} <= {
            int(port) for port in of("EXPOSE")[0].split()
        }

    def test_leaves_old_pods_until_new_ones_answer(self) -> None:
        for found in manifests():
            if found["kind"] == "Deployment" and found["metadata"]["name"] != "groupadmin-worker":
                assert found["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}

    def test_lets_through_as_much_as_nginx(self) -> None:
        limits = {
            found["spec"]["rules"][0]["http"]["paths"][0]["path"]: size
            for found in manifests()
            for name, size in found["metadata"].get("annotations", {}).items()
            if name.endswith("/proxy-body-size")
        }
        nginx = (DEPLOY / "nginx.conf").read_text()
        (usual, imports) = re.findall(r"client_max_body_size (\w+);", nginx)
        assert limits == {"/": usual, "/imports/add/": imports}

    def test_is_good_for_its_schema(self, tmp_path: Path) -> None:
        validate, kubectl = tool("kubernetes-validate"), tool("kubectl")
        folder = shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
        shutil.copy(EXAMPLE, folder / "groupadmin.env")
        made = tmp_path / "all.yaml"
        made.write_text(run(kubectl, "kustomize", folder))
        run(validate, "--strict", "--kubernetes-version", "1.32", made)
        secret = next(one for one in yaml.safe_load_all(made.read_text()) if one["kind"] == "Secret")
        for found in yaml.safe_load_all(made.read_text()):
            if found["kind"] == "Deployment":
                source = found["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["secretRef"]["name"]
                assert source == secret["metadata"]["name"], "changed settings replace the pods"


class TestUnits:
    @pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
    def test_is_good_for_systemd(self, unit: Path, tmp_path: Path) -> None:
        """With the drop-in for a data folder elsewhere, as the documentation has it."""
        verify = tool("systemd-analyze")
        text = unit.read_text().replace("/opt/groupadmin/.venv/bin/python", sys.executable)
        text = text.replace("/opt/groupadmin/.venv/bin/gunicorn", sys.executable)
        copy = tmp_path / unit.name
        copy.write_text(
            text.replace("User=groupadmin", "User=root").replace("Group=groupadmin", "Group=root")
        )
        (tmp_path / "groupadmin-.service.d").mkdir()
        (tmp_path / "groupadmin-.service.d" / "data.conf").write_text(drop_in())
        ran = subprocess.run(
            [verify, "verify", "--recursive-errors=no", str(copy)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert str(tmp_path) not in ran.stderr, ran.stderr

    def test_keeps_the_rest_of_the_disk_closed(self) -> None:
        """So a data folder elsewhere has to be named: without the drop-in, nothing could be stored there."""
        for unit in UNITS:
            assert "ProtectSystem=strict" in unit.read_text()
        assert "ReadWritePaths=" in drop_in()


def drop_in() -> str:
    """What the operator's documentation says to write beside the units."""
    text = (ROOT / "groupadmin" / "docs" / "operating.md").read_text()
    found: list[str] = re.findall(r"```ini\n(# /etc/systemd/system/groupadmin-.*?)```", text, re.DOTALL)
    assert len(found) == 1
    return found[0]
