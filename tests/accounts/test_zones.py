"""In which zone people see times: their own, else the browser's, else the company's (rule 12.3)."""

from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.profile import answer_zone, note_browser_zone
from accounts.actor import Refused
from accounts.jobs import engine
from accounts.models import AuditEntry, Company, Job, Member, QueuedMail
from accounts.tasks import WRITERS
from accounts.zones import COOKIE, zone_of
from groupadmin.base import zones
from tests.helpers import ActorOf, ClientOf

from .pages import company_form, text_of
from .sign_in.pages import sign_in

pytestmark = pytest.mark.django_db

PROFILE, ANSWER = reverse("accounts:profile"), reverse("accounts:profile_zone")
QUESTION = "Show times in that zone?"


def browser(zone: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = zone
    return client


def signed_in(client_of: ClientOf, member: Member, zone: str) -> Client:
    client = client_of(member)
    client.cookies[COOKIE] = zone
    return client


def have(member: Member, **fields: str) -> None:
    Member.objects.filter(pk=member.pk).update(**fields)
    member.refresh_from_db()


def test_the_first_that_is_known_counts(member: Member) -> None:
    """And where one is no longer known, the next."""
    assert zone_of(member).key == "UTC"
    member.company.time_zone = "Europe/Berlin"  # type: ignore[union-attr]
    assert zone_of(member).key == "Europe/Berlin"
    assert zone_of(member, "Asia/Tokyo").key == "Asia/Tokyo"
    member.browser_zone = "Asia/Seoul"
    assert zone_of(member, "Asia/Tokyo").key == "Asia/Seoul"
    member.time_zone = "America/New_York"
    assert zone_of(member, "Asia/Tokyo").key == "America/New_York"
    member.time_zone = "Mars/Olympus_Mons"
    assert zone_of(member).key == "Asia/Seoul"


def test_the_browsers_is_taken_at_the_first_sign_in(member: Member) -> None:
    sign_in(member.email, client=browser("Asia/Calcutta"))
    member.refresh_from_db()
    assert (member.time_zone, member.browser_zone) == ("", "Asia/Kolkata")
    entry = AuditEntry.objects.get(action="member.update_profile")
    assert (entry.actor_id, entry.changes) == (member.pk, {"browser_zone": ["", "Asia/Kolkata"]})
    sign_in(member.email, client=browser("Asia/Tokyo"))
    member.refresh_from_db()
    assert member.browser_zone == "Asia/Kolkata"


NONSENSE = ["Etc/Unknown", "../../etc/passwd", "Factory", "a" * 5000, "Asia/", "", "Etc/GMT+5", "<b>"]


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_not_taken(member: Member, said: str) -> None:
    assert zones.meant(said) == ""
    client = browser("")
    client.cookies[COOKIE] = said
    assert sign_in(member.email, client=client).status_code == 302
    member.refresh_from_db()
    assert member.browser_zone == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("US/Pacific", "America/Los_Angeles"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("Europe/Oslo", "Europe/Oslo"),
        ("Etc/UTC", "UTC"),
        ("UTC", "UTC"),
    ],
)
def test_older_names_stand_for_the_present_ones(said: str, meant: str) -> None:
    assert zones.meant(said) == meant
    assert meant in zones.offered()


class TestOffer:
    def test_a_zone_with_other_times_is_offered(self, member: Member, client_of: ClientOf) -> None:
        have(member, browser_zone="Europe/Berlin")
        page = text_of(signed_in(client_of, member, "Asia/Tokyo").get(PROFILE))
        assert "Your computer is in Asia/Tokyo." in page
        assert "Keep Europe/Berlin" in page
        assert QUESTION not in text_of(signed_in(client_of, member, "Europe/Berlin").get(PROFILE))

    def test_not_one_whose_clocks_show_the_same(self, member: Member, client_of: ClientOf) -> None:
        have(member, browser_zone="Europe/Berlin")
        assert QUESTION not in text_of(signed_in(client_of, member, "Europe/Paris").get(PROFILE))

    @pytest.mark.parametrize("month", range(1, 13))
    def test_summer_time_makes_another_clock_all_year_long(self, month: int) -> None:
        """Also in April, when it is summer time now and in half a year; days sooner or later make none."""
        now = datetime(2026, month, 10, tzinfo=UTC)
        assert not zones.agree("Europe/London", "Africa/Abidjan", now)
        assert not zones.agree("America/Los_Angeles", "America/Phoenix", now)
        assert zones.agree("Europe/Berlin", "Europe/Paris", now)
        assert zones.agree("Asia/Jerusalem", "Europe/Athens", now)

    def test_yes(self, member: Member, client_of: ClientOf) -> None:
        have(member, browser_zone="Europe/Berlin")
        client = signed_in(client_of, member, "Asia/Tokyo")
        sent = {"zone": "Asia/Tokyo", "answer": "yes", "next": "/groups/?page=2"}
        assert client.post(ANSWER, sent).headers["Location"] == "/groups/?page=2"
        member.refresh_from_db()
        assert (member.time_zone, member.browser_zone) == ("", "Asia/Tokyo")
        assert QUESTION not in text_of(client.get(PROFILE))

    def test_no_is_remembered(self, member: Member, client_of: ClientOf) -> None:
        have(member, browser_zone="Europe/Berlin")
        client = signed_in(client_of, member, "Asia/Tokyo")
        client.post(ANSWER, {"zone": "Asia/Tokyo", "answer": "no"})
        member.refresh_from_db()
        assert zone_of(member).key == "Europe/Berlin"
        assert QUESTION not in text_of(client.get(PROFILE))
        assert "Asia/Seoul" not in text_of(client.get("/groups/"))
        client.cookies[COOKIE] = "America/New_York"
        assert QUESTION in text_of(client.get(PROFILE))

    def test_no_takes_the_question_away_and_nothing_else(self, member: Member, client_of: ClientOf) -> None:
        """A form that is being filled in stays."""
        have(member, browser_zone="Europe/Berlin")
        answer = client_of(member, htmx=True).post(ANSWER, {"zone": "Asia/Tokyo", "answer": "no"})
        assert (answer.status_code, answer.content) == (200, b"")

    def test_a_choice_is_replaced_by_another_choice_alone(self, member: Member, client_of: ClientOf) -> None:
        have(member, time_zone="Europe/Berlin", browser_zone="Europe/Berlin")
        client = signed_in(client_of, member, "Asia/Tokyo")
        client.get(PROFILE)
        sign_in(member.email, client=browser("Asia/Tokyo"))
        member.refresh_from_db()
        assert zone_of(member).key == "Europe/Berlin"
        client.post(ANSWER, {"zone": "Asia/Tokyo", "answer": "yes"})
        member.refresh_from_db()
        assert member.time_zone == "Asia/Tokyo"

    @pytest.mark.parametrize("zone", ["", "Etc/Unknown", "../etc"])
    def test_a_zone_that_there_is_not(self, member: Member, client_of: ClientOf, zone: str) -> None:
        sent = {"zone": zone, "answer": "yes", "next": "https://evil.example/"}
        assert client_of(member).post(ANSWER, sent).headers["Location"] == PROFILE
        member.refresh_from_db()
        assert (member.browser_zone, member.declined_zone) == ("", "")

    def test_not_over_a_form_that_was_filled_in(self, member: Member, client_of: ClientOf) -> None:
        have(member, browser_zone="Europe/Berlin")
        answer = signed_in(client_of, member, "Asia/Tokyo").post(PROFILE, {"language": "xx"})
        assert answer.status_code == 422
        assert QUESTION not in text_of(answer)

    def test_for_nobody_else(self, member: Member, administrator: Member, actor_of: ActorOf) -> None:
        with pytest.raises(Refused):
            answer_zone(member, "Asia/Tokyo", wanted=True, actor=actor_of(administrator))

    def test_the_same_answer_twice_is_one_entry(self, member: Member, actor_of: ActorOf) -> None:
        for _ in range(2):
            answer_zone(member, "Asia/Tokyo", wanted=True, actor=actor_of(member))
            note_browser_zone(member, "Asia/Seoul", actor=actor_of(member))
        member.refresh_from_db()
        assert member.browser_zone == "Asia/Tokyo"
        assert AuditEntry.objects.filter(action="member.update_profile").count() == 1


def test_the_profile_says_what_counts_without_a_choice(member: Member, client_of: ClientOf) -> None:
    Company.objects.update(time_zone="Asia/Seoul")
    assert "Default (Asia/Seoul)" in text_of(client_of(member).get(PROFILE))
    have(member, browser_zone="America/New_York", time_zone="Asia/Calcutta")
    page = text_of(client_of(member).get(PROFILE))
    assert "Same as the browser (America/New York)" in page
    # Chosen under its older name, which is not lost by saving the profile.
    assert '<option value="Asia/Calcutta" selected>' in page


def test_a_company_has_a_zone(company: Company, administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    page = reverse("accounts:company")
    assert client.post(page, company_form(time_zone="Nowhere/City")).status_code == 422
    assert client.post(page, company_form(time_zone="Asia/Seoul")).status_code == 302
    company.refresh_from_db()
    assert company.time_zone == "Asia/Seoul"
    entry = AuditEntry.objects.get(action="company.update")
    assert entry.changes == {"time_zone": ["", "Asia/Seoul"]}


def test_mails_are_in_the_zone_of_who_reads_them(administrator: Member) -> None:
    """Not in that of whose request, or which worker, sends them; and they say which it is."""
    have(administrator, browser_zone="Asia/Seoul")
    told = {"by": "", "has_rooms": False, "at": "2026-11-30T15:30:00+00:00"}
    queued = QueuedMail(member=administrator, kind="export", arguments=told, to=administrator.email)
    with timezone.override("America/New_York"):
        mail = WRITERS["export"](queued)
    assert mail is not None
    assert "Time: Dec 1, 2026, 12:30 AM (Asia/Seoul)" in mail.body


def test_jobs_are_in_the_zone_of_who_started_them(administrator: Member) -> None:
    have(administrator, browser_zone="Asia/Seoul")
    seen = []

    def look(job: Job) -> None:
        seen.append(timezone.get_current_timezone_name())

    job = Job.objects.create(company=administrator.company, started_by=administrator, kind="x")
    with patch("accounts.jobs.engine._run", look):
        engine.run_job.call(job.pk)
    assert seen == ["Asia/Seoul"]


def test_lists_of_times_say_their_zone(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    client.post(PROFILE, {"time_zone": "Asia/Seoul"})
    assert "Times are in Asia/Seoul." in text_of(client.get(reverse("accounts:audit")))
