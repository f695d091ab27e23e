"""Mailman 3, by the answers of its REST interface (rules 10.4, 10.9)."""

import io
import json
import zipfile
from typing import Any

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record
from groups.directory.sources.mailman3 import SOURCE

from .given import Given, of, problems, read

pytestmark = pytest.mark.one_database

API = "http://127.0.0.1:8001/3.1"


def entry(list_id: str, email: str, role: str = "member", **said: Any) -> dict[str, Any]:
    """A subscription, as rosters and `members` have it."""
    member_id = f"{role}-{email}-{list_id}"
    return {
        "address": f"{API}/addresses/{email}",
        "bounce_score": 0,
        "delivery_mode": "regular",
        "email": email,
        "list_id": list_id,
        "subscription_mode": "as_address",
        "role": role,
        "display_name": "",
        "self_link": f"{API}/members/{member_id}",
        "member_id": member_id,
        "http_etag": '"aa"',
        **said,
    }


def collection(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"start": 0, "total_size": len(entries), "entries": list(entries), "http_etag": '"bb"'}


def one_list(name: str, shown: str, domain: str = "lists.hanbit.example") -> dict[str, Any]:
    return {
        "advertised": True,
        "display_name": shown,
        "fqdn_listname": f"{name}@{domain}",
        "list_id": f"{name}.{domain}",
        "list_name": name,
        "mail_host": domain,
        "member_count": 2,
        "volume": 1,
        "description": "",
        "self_link": f"{API}/lists/{name}.{domain}",
        "http_etag": '"cc"',
    }


def config(name: str, **settings: Any) -> dict[str, Any]:
    return {
        "acceptable_aliases": [],
        "accept_these_nonmembers": [],
        "advertised": True,
        "default_member_action": "defer",
        "default_nonmember_action": "hold",
        "description": "",
        "fqdn_listname": f"{name}@lists.hanbit.example",
        "mail_host": "lists.hanbit.example",
        **settings,
        "http_etag": '"dd"',
    }


LISTS = collection(one_list("crew", "Crew"), one_list("deck", "Deck"))


def found(*answers: Any) -> list[Record | Problem]:
    """What is made of answers written one after the other, as `curl … >> mailman.json` does."""
    return read(SOURCE, Given("mailman.json", "".join(json.dumps(answer) for answer in answers)))


class TestLists:
    def test_a_list_becomes_a_group_with_a_mailing_list(self) -> None:
        records = found(
            LISTS,
            config(
                "crew",
                description="Alle an Bord: Größe & Meer",
                advertised=False,
                default_nonmember_action="accept",
                acceptable_aliases=["all-hands@hanbit.example", "^all-.*@hanbit.example"],
            ),
        )
        assert of(records, "group")[0] == {
            "group": "Crew",
            "id": "crew.lists.hanbit.example",
            "kind": "internal",
            "description": "Alle an Bord: Größe & Meer",
            "is_visible": False,
            "uses_mailing_list": True,
        }
        assert of(records, "list")[0] == {
            "group": "Crew",
            "group_id": "crew.lists.hanbit.example",
            "address": "crew@lists.hanbit.example",
            "who_can_send": "everyone",
            "blocks_external_domains": False,
            "also_known_as": ["all-hands@hanbit.example"],
        }

    @pytest.mark.parametrize("action", ["hold", "reject", "discard"])
    def test_where_others_mail_is_kept_away_those_in_the_group_can_send(self, action: str) -> None:
        records = found(LISTS, config("crew", default_nonmember_action=action))
        assert of(records, "list")[0]["who_can_send"] == "designated"
        assert of(records, "sender")[0]["subgroup"] == "Crew"

    def test_lists_of_one_name_are_told_apart_by_their_addresses(self) -> None:
        """Rule 2.4: a company has each name once, however it is written."""
        records = found(collection(one_list("crew", "Crew"), one_list("crew", "CREW", "sea.example")))
        assert [group["group"] for group in of(records, "group")] == [
            "Crew (crew@lists.hanbit.example)",
            "CREW (crew@sea.example)",
        ]

    def test_a_description_is_cut_where_ours_end(self) -> None:
        records = found(LISTS, config("crew", description="word " * 200))
        assert len(of(records, "group")[0]["description"]) <= 300


class TestPeople:
    def test_owners_are_masters_and_members_are_subscribers(self) -> None:
        records = found(
            LISTS,
            collection(
                entry("crew.lists.hanbit.example", "Momo@Hanbit.example", display_name="모모"),
                entry("crew.lists.hanbit.example", "mira@hanbit.example", "owner", display_name="None"),
            ),
        )
        crew = {"group": "Crew", "group_id": "crew.lists.hanbit.example"}
        assert of(records, "entry") == [{**crew, "subscriber": "momo@hanbit.example", "name": "모모"}]
        assert of(records, "master") == [{**crew, "subscriber": "mira@hanbit.example"}]

    def test_a_list_that_is_subscribed_becomes_a_contained_group(self) -> None:
        """Whatever stands first: people may come before the lists."""
        records = found(
            collection(entry("crew.lists.hanbit.example", "deck@lists.hanbit.example")),
            LISTS,
        )
        assert [(one["subgroup"], one["subgroup_id"]) for one in of(records, "entry")] == [
            ("Deck", "deck.lists.hanbit.example")
        ]

    def test_whoever_switched_mail_off_is_in_the_list_but_gets_none(self) -> None:
        member = entry("crew.lists.hanbit.example", "momo@hanbit.example")
        preferences = {
            "delivery_status": "by_user",
            "self_link": f"{API}/members/{member['member_id']}/all/preferences",
            "http_etag": '"ee"',
        }
        records = found(LISTS, collection(member), preferences)
        assert of(records, "entry")[0]["receives"] is False

    def test_a_moderated_list_takes_mail_of_moderators_and_of_whom_they_let(self) -> None:
        crew = "crew.lists.hanbit.example"
        records = found(
            LISTS,
            config("crew", default_member_action="hold"),
            collection(
                entry(crew, "momo@hanbit.example"),
                entry(crew, "tae@hanbit.example", moderation_action="accept"),
                entry(crew, "ada@hanbit.example", "moderator", moderation_action="accept"),
            ),
        )
        assert [one.get("subscriber") for one in of(records, "sender") if one["group"] == "Crew"] == [
            "tae@hanbit.example",
            "ada@hanbit.example",
        ]

    def test_where_members_mail_passes_nobody_of_them_is_named(self) -> None:
        crew = "crew.lists.hanbit.example"
        records = found(
            LISTS,
            config("crew"),
            collection(
                entry(crew, "tae@hanbit.example", moderation_action="accept"),
                entry(crew, "ada@hanbit.example", "moderator", moderation_action="accept"),
            ),
        )
        assert [one.get("subgroup") for one in of(records, "sender") if one["group"] == "Crew"] == ["Crew"]

    def test_others_who_may_send_are_designated_and_patterns_named(self) -> None:
        crew = "crew.lists.hanbit.example"
        records = found(
            LISTS,
            config("crew", accept_these_nonmembers=["boss@hanbit.example", "^.*@partner.example"]),
            collection(
                entry(crew, "otto@hanbit.example", "nonmember", moderation_action="accept"),
                entry(crew, "spam@outside.example", "nonmember", moderation_action="discard"),
                entry(crew, "momo@hanbit.example", moderation_action="reject"),
            ),
        )
        senders = [one.get("subscriber") for one in of(records, "sender") if one["group"] == "Crew"]
        assert senders == [None, "boss@hanbit.example", "otto@hanbit.example"]
        assert all(one.is_foreign for one in records if isinstance(one, Problem))
        assert [problem.split(": ", 1)[1] for problem in problems(records)] == [
            "Who may send is named by a pattern, ^.*@partner.example."
            " Designate people, teams or groups instead.",
            "momo@hanbit.example may not send to the list. Here everybody in it may.",
        ]


class TestFiles:
    def test_a_zip_of_answers_is_read_whatever_its_files_are_called(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            member = entry("crew.lists.hanbit.example", "a@b.example")
            archive.writestr("../members.json", json.dumps(collection(member)))
            archive.writestr("lists.json", json.dumps(LISTS))
        records = read(SOURCE, Given("mailman.zip", packed.getvalue()))
        assert of(records, "entry")[0]["subscriber"] == "a@b.example"

    def test_people_of_a_list_that_is_not_there_are_named(self) -> None:
        records = found(LISTS, collection(entry("gone.lists.hanbit.example", "a@b.example")))
        assert problems(records) == [
            "mailman.json:4 gone.lists.hanbit.example: The list is not among the lists."
        ]

    def test_answers_without_lists_are_refused(self) -> None:
        with pytest.raises(Invalid):
            found(collection(entry("crew.lists.hanbit.example", "a@b.example")))

    def test_a_file_that_breaks_off_gives_what_stands_before(self) -> None:
        text = json.dumps(LISTS) + json.dumps(collection(entry("crew.lists.hanbit.example", "a@b.example")))
        records = read(SOURCE, Given("mailman.json", text[:-40]))
        assert of(records, "group")
        assert len(problems(records)) == 1
