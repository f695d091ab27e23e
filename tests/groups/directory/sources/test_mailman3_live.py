"""A running Mailman 3 is asked, and what it says is what files with its answers say (rule 10.9)."""

import json
from collections.abc import Iterator

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record
from groups.directory.sources.mailman3 import SOURCE, ask

from . import real_mailman
from .given import Given, of, problems
from .real_mailman import Lists

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.skipif(not real_mailman.RUNNER.exists(), reason="Debian's package mailman3 is not installed"),
]

Answers = tuple[str, list[object]]


@pytest.fixture(scope="module")
def mailman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """The URL of one with lists, and all its answers, as a dump has them."""
    with real_mailman.running(tmp_path_factory.mktemp("mailman")) as (url, connection):
        lists = Lists(connection)
        lists.domain("lists.hanbit.example")
        crew = lists.add(
            "crew@lists.hanbit.example",
            display_name="Crew",
            description="Größe & Meer",
            advertised=False,
            default_nonmember_action="discard",
            accept_these_nonmembers=["boss@hanbit.example", "^.*@partner.example"],
            acceptable_aliases=["everybody@lists.hanbit.example", "^all-.*@hanbit.example"],
        )
        news = lists.add("news@lists.hanbit.example", display_name="News", default_member_action="hold")
        lists.subscribe(crew, "momo@hanbit.example", "모모")
        quiet = lists.subscribe(crew, "tae@hanbit.example")
        lists.change(f"{quiet}/preferences", delivery_status="by_user")
        lists.subscribe(crew, "guest@outside.example", "Guest")
        lists.subscribe(crew, "news@lists.hanbit.example")
        lists.subscribe(crew, "mira@hanbit.example", role="owner")
        lists.subscribe(crew, "ada@hanbit.example", role="moderator")
        stranger = lists.subscribe(crew, "otto@hanbit.example", role="nonmember")
        lists.change(stranger, moderation_action="accept")
        writer = lists.subscribe(news, "momo@hanbit.example", "모모")
        lists.change(writer, moderation_action="accept")
        paths = ["lists", "members"]
        # `members` has no nonmembers.
        paths += [f"lists/{one}/{part}" for one in (crew, news) for part in ("config", "roster/nonmember")]
        answers = [connection.call(path)[1] for path in paths]
        answers.append(connection.call(f"{quiet}/all/preferences")[1])
        yield f"{url.replace('://', '://restadmin:open%20sesame@')}", answers


def told_apart(records: list[Record | Problem]) -> set[str]:
    """Records whatever their order and place."""
    return {
        json.dumps([str(one.kind), one.values], sort_keys=True) if isinstance(one, Record) else one.reason
        for one in records
    }


def test_lists_people_and_settings_of_a_running_mailman(mailman: Answers) -> None:
    found = list(ask(mailman[0]))
    crew = next(one for one in of(found, "group") if one["group"] == "Crew")
    assert (crew["description"], crew["is_visible"]) == ("Größe & Meer", False)
    entries = [
        (one["group"], one.get("subscriber") or one["subgroup"], one.get("name"), one.get("receives", True))
        for one in of(found, "entry")
    ]
    assert sorted(entries, key=str) == [
        ("Crew", "News", None, True),
        ("Crew", "guest@outside.example", "Guest", True),
        ("Crew", "momo@hanbit.example", "모모", True),
        ("Crew", "tae@hanbit.example", None, False),
        ("News", "momo@hanbit.example", "모모", True),
    ]
    assert [one["subscriber"] for one in of(found, "master")] == ["mira@hanbit.example"]
    assert {(one["group"], one.get("subscriber") or one["subgroup"]) for one in of(found, "sender")} == {
        ("Crew", "Crew"),
        ("Crew", "boss@hanbit.example"),
        ("Crew", "otto@hanbit.example"),
        ("News", "momo@hanbit.example"),
    }
    assert len(problems(found)) == 1


def test_files_with_its_answers_say_the_same(mailman: Answers) -> None:
    dump = Given("mailman.json", "".join(json.dumps(answer) for answer in mailman[1]))
    assert SOURCE.recognises(dump)
    assert told_apart(list(SOURCE.read([dump]))) == told_apart(list(ask(mailman[0])))


def test_pages_of_answers_are_all_read(mailman: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told_apart(list(ask(mailman[0])))
    monkeypatch.setattr("groups.directory.sources.mailman3.AT_ONCE", 1)
    assert told_apart(list(ask(mailman[0]))) == whole


def test_a_wrong_password_is_named_without_saying_it(mailman: Answers) -> None:
    with pytest.raises(Invalid) as refused:
        list(ask(mailman[0].replace("sesame", "says-me")))
    assert "user and password" in refused.value.message
    assert "says-me" not in refused.value.message
