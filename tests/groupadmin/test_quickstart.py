"""The quickstart: what it loads, that it is safe to repeat, and that it serves and stops."""

import os
import re
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Address, AuditEntry, Company, Member, Team
from accounts.tree import team_path
from groupadmin import demo
from groupadmin.management.child_processes import Children
from groups.membership import effective
from groups.models import Group, Membership
from tests.factories import CompanyFactory
from tests.helpers import client_of

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "abcd-efgh-2345"


@pytest.fixture(scope="class")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demonstration, loaded once for a whole class of tests that only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        demo.load(PASSWORD)
        with django_db_blocker.block():
            yield
        transaction.set_rollback(True)


def everything() -> dict[str, int]:
    models = (Company, Member, Team, Address, Group, Membership, AuditEntry)
    return {model.__name__: model._default_manager.count() for model in models}


def quickstart(data_dir: Path) -> str:
    out = StringIO()
    with override_settings(DATA_DIR=data_dir):
        call_command("quickstart", no_serve=True, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("loaded")
class TestDemonstration:
    def test_two_companies_that_connect_with_each_other(self) -> None:
        hanbit, nordlicht = Company.objects.order_by("name_sort")
        assert (hanbit.name, hanbit.plan, hanbit.has_core) == ("Hanbit Robotics", "paid", True)
        assert nordlicht.name == "Nordlicht Logistik"
        for company in (hanbit, nordlicht):
            assert Member.objects.connecting().filter(company=company).count() > 20

    def test_some_two_hundred_people_in_several_scripts(self) -> None:
        assert 180 <= Member.objects.active().count() <= 220
        names = " ".join(Member.objects.values_list("name", flat=True))
        for script in ("가-힣", "一-鿿", "ぁ-ん", "ऀ-ॿ", "؀-ۿ", "א-ת", "а-я", "α-ω", "ก-๙", "à-ÿ"):
            assert re.search(f"[{script}]", names), script

    def test_every_person_has_their_address(self) -> None:
        """Rule 1.6: the address to sign in with is in the table of all addresses."""
        people = Member.objects.filter(company__isnull=False)
        primary = Address.objects.filter(kind=Address.Kind.MEMBER).select_related("domain")
        assert {str(address) for address in primary} == set(people.values_list("email", flat=True))
        assert not primary.exclude(domain__company=F("member__company")).exists()

    def test_a_team_tree_four_levels_deep(self) -> None:
        assert max(len(team_path(team)) for team in Team.objects.all()) == 4

    def test_forty_groups_of_both_kinds_nested_and_private(self) -> None:
        live = Group.objects.live()
        assert live.count() == 40
        assert live.filter(kind="external").count() >= 5
        assert live.filter(kind="internal", is_visible=False).count() >= 5
        assert live.exclude(photo="").count() >= 5
        nested = live.filter(entries__subgroup__isnull=False).distinct()
        assert nested.count() >= 3
        assert live.filter(uses_mailing_list=True, mailing_list__external_contacts__isnull=False).exists()

    def test_shows_the_marks_of_the_list(self) -> None:
        """Rules 2.15, 2.17, 2.22: a group without master, one without members, one that is deleted."""
        live = Group.objects.live()
        assert live.exclude(masters__member__is_active=True).count() == 1
        internal = live.filter(kind="internal")
        assert [count for count in effective.count_people(internal).values() if not count] == [0]
        assert Group.objects.deleted().count() == 1

    def test_an_external_group_has_people_of_both_companies(self) -> None:
        shared = Group.objects.filter(kind="external", entries__member__email="lena.brandt@nordlicht.example")
        companies = effective.people_of(shared[0]).values_list("company__name", flat=True)
        assert set(companies) == {"Hanbit Robotics", "Nordlicht Logistik"}

    def test_the_sign_ins_have_their_roles_and_the_password(self) -> None:
        roles = {sign_in.role: Member.objects.get(email=sign_in.email) for sign_in in demo.sign_ins(PASSWORD)}
        administrator, master, member, other, superuser = roles.values()
        assert administrator.is_administrator
        assert not master.is_administrator
        assert master.masterships.count() >= 3
        assert not member.is_administrator
        assert other.company != member.company
        assert superuser.is_staff
        assert all(check_password(PASSWORD, person.password) for person in roles.values())

    def test_says_where_a_password_was_changed(self) -> None:
        Member.objects.filter(email=demo.SUPERUSER).update(password="!")
        fitting = {sign_in.email: sign_in.has_demo_password for sign_in in demo.sign_ins(PASSWORD)}
        assert fitting.pop(demo.SUPERUSER) is False
        assert set(fitting.values()) == {True}

    def test_signing_in_leads_to_a_page(self) -> None:
        for sign_in in demo.sign_ins(PASSWORD):
            client = client_of(None)
            page = client.post("/sign-in/", {"login": sign_in.email, "password": PASSWORD})
            assert page.status_code == 302, sign_in.email
            assert client.session["_auth_user_id"]


@pytest.mark.django_db
class TestRepeating:
    def test_the_second_time_adds_nothing(self, tmp_path: Path) -> None:
        first = quickstart(tmp_path)
        before = everything()
        assert "Loaded" in first
        second = quickstart(tmp_path)
        assert everything() == before
        assert second == first.replace("Loaded the demonstration.\n", "")

    def test_an_interrupted_run_leaves_nothing_half(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(demo, "add_groups", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            demo.load(PASSWORD)
        assert set(everything().values()) == {0}
        monkeypatch.undo()
        assert demo.load(PASSWORD)
        assert everything()["Group"] == 41

    def test_what_people_changed_stays(self, tmp_path: Path) -> None:
        quickstart(tmp_path)
        group = Group.objects.get(name="Climbing")
        group.name = "Bouldering"
        group.save()
        Group.objects.get(name="Lidar").delete()
        quickstart(tmp_path)
        assert Group.objects.filter(name="Bouldering").exists()
        assert not Group.objects.filter(name__in=["Climbing", "Lidar"]).exists()

    def test_a_lost_password_is_replaced(self, tmp_path: Path) -> None:
        quickstart(tmp_path)
        kept = tmp_path / "demo-password"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        old = kept.read_text()
        kept.unlink()
        assert "password has changed" not in quickstart(tmp_path)
        assert kept.read_text() != old

    def test_a_database_in_use_is_left_alone(self, tmp_path: Path) -> None:
        CompanyFactory.create(name="Somebody else")
        before = everything()
        with pytest.raises(CommandError, match="other companies"):
            quickstart(tmp_path)
        assert everything() == before


class TestAddress:
    def test_a_port_in_use_is_said_before_anything_is_done(self, tmp_path: Path) -> None:
        """Without the database fixture: touching the database would fail the test."""
        with override_settings(DATA_DIR=tmp_path), socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(CommandError, match=f"Port {port} of 127.0.0.1"):
                call_command("quickstart", port=port)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("host", ["no such host", "a" * 70, "203.0.113.7"])
    def test_an_address_that_is_not_ours(self, host: str) -> None:
        with pytest.raises(CommandError, match=r"no address|cannot be used"):
            call_command("quickstart", host=host, port=0)

    @pytest.mark.parametrize("port", ["-1", "65536", "http", "٣", "1" * 5000])
    def test_a_port_that_is_none(self, port: str) -> None:
        with pytest.raises(CommandError, match="is not a port"):
            call_command("quickstart", f"--port={port}")


class TestChildren:
    SLEEP = (sys.executable, "-c", "import signal; signal.pause()")

    def test_if_one_ends_the_other_is_stopped(self) -> None:
        with Children() as children:
            children.start("sleeper", self.SLEEP)
            children.start("quitter", (sys.executable, "-c", "raise SystemExit(3)"))
            assert children.wait() == "quitter"
        assert children.exit_codes == {"sleeper": -signal.SIGTERM, "quitter": 3}

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_stops_them(self, number: int) -> None:
        before = signal.getsignal(number)
        with Children() as children:
            children.start("first", self.SLEEP)
            children.start("second", self.SLEEP)
            os.kill(os.getpid(), number)
            assert children.wait() is None
        assert set(children.exit_codes.values()) == {-signal.SIGTERM}
        assert signal.getsignal(number) == before

    def test_who_does_not_listen_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groupadmin.management.child_processes.PATIENCE_SECONDS", 0)
        with Children() as children:
            children.start("sleeper", self.SLEEP)
        assert children.exit_codes["sleeper"] in (-signal.SIGTERM, -signal.SIGKILL)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")
    def test_they_end_even_if_we_are_killed(self) -> None:
        """The child holds the pipe open for as long as it lives."""
        script = f"""
from groupadmin.management.child_processes import Children
with Children() as children:
    children.start("sleeper", {self.SLEEP!r})
    print("started", flush=True)
    children.wait()
"""
        with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            process.kill()
            assert process.communicate(timeout=30)[0] == b""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command as a person does, on SQLite in a folder of its own."""
    started: list[subprocess.Popen[str]] = []
    leave_out = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "GROUPADMIN_DATA_DIR", "GROUPADMIN_HOST"}
    environment = {name: value for name, value in os.environ.items() if name not in leave_out}

    def start(*options: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            str(ROOT / "manage.py"),
            "quickstart",
            "--data-dir",
            str(tmp_path / "a#b c"),
        ]
        process = subprocess.Popen(
            [*command, *options],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def test_serves_until_it_is_told_to_stop(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start("--port", "0", "--mail-port", "0")
    assert process.stdout is not None
    sample = next(
        match
        for line in process.stdout
        if (match := re.search(r"smtp://(\S+):(\d+) --mail-from (\S+) --mail-rcpt (\S+)$", line))
    )
    url = next(match[1] for line in process.stdout if (match := re.search(r"Open (http://\S+)", line)))
    with urllib.request.urlopen(f"{url}sign-in/", timeout=60) as page:
        assert page.status == 200
    with smtplib.SMTP(sample[1], int(sample[2]), timeout=60) as client:
        raw = f"From: {sample[3]}\r\nSubject: Hello\r\n\r\nHi\r\n"
        assert client.sendmail(sample[3], [sample[4]], raw) == {}
    stranger = urllib.request.Request(url, headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(stranger, timeout=60)
    assert refused.value.code == 400
    refused.value.close()
    process.terminate()
    out, _nothing = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "Stopped." in out
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=60)
    # All that it made is in the data folder.
    assert [path.name for path in tmp_path.iterdir()] == ["a#b c"]


def test_options_may_not_be_shortened(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """The settings read them too: a shortened one would be understood by one of the two alone."""
    process = start("--no-serve", "--data", str(tmp_path / "elsewhere"))
    out, _nothing = process.communicate(timeout=60)
    assert process.returncode == 2, out
