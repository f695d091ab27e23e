"""The audit's words (rule 8.1)."""

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from accounts import outbox
from accounts.audit import labels
from accounts.jobs import engine
from accounts.undo import kinds as undo

ROOT = Path(__file__).resolve().parents[3]
# Files, attributes that columns of Django admin name, and a table of Sympa.
OTHERS = {
    *("audit.html", "audit.csv", "mail.csv", "domain.company", "team.company", "member.dump"),
    "webhook.host",
}


def audited_names() -> set[str]:
    """Every text in the code that can name an audited action."""
    kinds = {name.partition(".")[0] for name in labels.actions() if "." in name} | {"notification", "room"}
    pattern = re.compile(rf"(?:{'|'.join(sorted(kinds))})\.[a-z_]+")
    names = set()
    for path in [*ROOT.glob("accounts/**/*.py"), *ROOT.glob("groups/**/*.py")]:
        if "migrations" in path.parts:
            continue
        for node in ast.walk(_tree(path.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and pattern.fullmatch(node.value)
            ):
                names.add(node.value)
            names |= _refused(node)
    # Jobs are not audited, what they do is; webhooks are told of it, and it is undone, by names of their own.
    others = OTHERS | outbox.known() | engine.KINDS.keys() | undo.KINDS.keys()
    return names - (others - labels.actions().keys())


def _tree(source: str) -> ast.AST:
    """Parsed in a thread of its own: after browser tests Python 3.11 miscounts how deep it is in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ast.parse, source).result()


def _refused(node: ast.AST) -> set[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"):
        return set()
    first = node.args[0]
    return {str(first.value)} if isinstance(first, ast.Constant) else set()


def test_every_action_has_words() -> None:
    """Whoever audits something new gives it words: in accounts/audit/labels.py or groups/audit_labels.py."""
    names = audited_names()
    assert {"group.edit", "team.delete", "pick", "audit.export"} <= names
    assert names - set(labels.actions()) == set()


def test_what_has_no_words_says_what_it_can() -> None:
    assert labels.task("room.open_door") == "room: open door"
    assert labels.fact("open_door") == "open door"
    assert labels.told("group.edit") == labels.told("group.later") == "edited the group"
    assert labels.told("member.set_photo") == "edited the person"
    assert labels.told("door.open") == "changed something"
    assert labels.value("who_can_send", "nonsense") == "nonsense"


def test_each_area_brings_its_own() -> None:
    """Groups stand first, and what is called otherwise of a group is so there only."""
    assert [str(heading) for heading in labels.sections()] == [
        *("Groups", "Mailing lists", "Import", "Members", "Signing in", "Second factors"),
        *("Access tokens", "Single sign-on", "Webhooks", "Teams"),
        *("Other companies", "Company", "Audit"),
    ]
    names = [name for tasks in labels.sections().values() for name in tasks]
    assert len(names) == len({*names})
    assert (labels.fact("name", "group"), labels.fact("name", "team")) == ("Group Name", "Name")
    assert (labels.fact("uses_mailing_list"), labels.value("feature", "note")) == ("Mailing list", "Note")
    assert (labels.kind("group"), labels.kind("team"), labels.kind("door")) == ("Group", "Team", "door")


def test_facts_are_told_in_order() -> None:
    keys = ["count", "plan", "address", "who_can_send", "message", "is_visible", "members", "name", "later"]
    told = [key for key, _values in labels.in_order({key: [] for key in keys})]
    assert told == [
        *("name", "members", "message", "is_visible", "address", "who_can_send", "plan", "count", "later")
    ]
