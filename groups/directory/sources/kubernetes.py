"""Organizations of GitHub as the Kubernetes project keeps them: org.yaml and teams.yaml (rule 10.10).

People have names of GitHub's, and no addresses: a table beside the files, logins.csv, says whose is whose.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.errors import Invalid
from groupadmin.base.text import fold
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources import Source, SourceFile
from groups.directory.sources.files import plain_yaml, tables
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.plain_yaml import Word
from groups.directory.sources.files.words import address, description, filled, team_path, text

_MARK = re.compile(r"^(?:orgs|teams|admins|members):", re.MULTILINE)
LOGINS = "logins"
_LOGIN_TITLES = ("login", "email", "name")
EVERYBODY_ELSE = "*"
"""As a login: all that the table does not name; the same sign in their address stands for the login."""


@dataclass(frozen=True)
class Org:
    """What a file says of an organization."""

    name: str
    folder: str
    """Below that of the organization: the working group whose teams these are; empty for its own."""
    values: dict[str, Any]
    file: str


def recognises(file: SourceFile) -> bool:
    """Whether it is a YAML file with an organization or teams, or the table with people's addresses."""
    if file.name.lower().endswith((".yaml", ".yml")):
        return bool(_MARK.search(tables.text_head(file)))
    return _is_table(file)


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Records of organizations. These files are small: each is read as a whole, one at a time."""
    with Notes() as notes:
        for file in files:
            if _is_table(file):
                _note_logins(notes, file)
        described = [file for file in files if not _is_table(file)]
        for org in _orgs(described):
            if isinstance(org, Org):
                for name, _team in _teams(org.values):
                    notes.count("name", fold(name))
        for org in _orgs(described):
            if isinstance(org, Problem):
                yield org
            else:
                yield from _Reading(notes, org).records()


def _is_table(file: SourceFile) -> bool:
    if PurePath(file.name).stem.casefold() != LOGINS:
        return False  # Others have columns of these names, too.
    titles = {title.casefold() for title in tables.titles_of(file, _LOGIN_TITLES)}
    return {"login", "email"} <= titles


def _note_logins(notes: Notes, file: SourceFile) -> None:
    for found in tables.rows_of(file, _LOGIN_TITLES):
        if isinstance(found, Problem):
            continue
        cells = {title.casefold(): cell for title, cell in found[1].items()}
        if email := address(cells.get("email")):
            notes.put("login", cells.get("login", "").casefold(), [email, text(cells.get("name"))])


def _orgs(files: Sequence[SourceFile]) -> Iterator[Org | Problem]:
    """The organizations in files such as config/kubernetes/org.yaml and config/kubernetes/docs/teams.yaml."""
    roots = {_folder(file) for file in files if PurePath(file.name).stem == "org"}
    for file in files:
        try:
            for document in plain_yaml.read(file):
                yield from _of_document(document, file, roots)
        except Invalid as invalid:
            yield Problem(invalid.message, file=file.name)


def _of_document(document: Any, file: SourceFile, roots: set[PurePath]) -> Iterator[Org]:
    if not isinstance(document, dict):
        return
    if isinstance(orgs := document.get("orgs"), dict):
        for name, values in orgs.items():
            if isinstance(values, dict):
                yield Org(name, "", values, file.name)
        return
    folder = _folder(file)
    root = next((root for root in (folder, folder.parent) if root in roots), folder)
    yield Org(root.name, folder.name if folder != root else "", document, file.name)


def _folder(file: SourceFile) -> PurePath:
    return PurePath(file.name.replace("\\", "/")).parent


def _teams(values: Any) -> Iterator[tuple[Word, dict[str, Any]]]:
    """The teams in an organization or a team, those inside others after them."""
    teams = values.get("teams") if isinstance(values, dict) else None
    for name, team in teams.items() if isinstance(teams, dict) else ():
        yield name, team if isinstance(team, dict) else {}
        yield from _teams(team)


def _listed(values: dict[str, Any], *names: str) -> Iterator[Word]:
    """The logins in lists of these names."""
    for name in names:
        listed = values.get(name)
        yield from (one for one in listed if isinstance(one, Word)) if isinstance(listed, list) else ()


class _Reading:
    """Makes records of what a file says of an organization."""

    def __init__(self, notes: Notes, org: Org) -> None:
        self.notes = notes
        self.org = org

    def records(self) -> Iterator[Record | Problem]:
        for login in _listed(self.org.values, "admins", "members"):
            yield from self._person(login, self.org.name)
        if self.org.folder and self.notes.is_new("folder", self.org.folder):
            yield Record(Kind.TEAM, {"team": team_path([self.org.folder])}, self.org.file, 0)
        for name, team in _teams(self.org.values):
            yield from self._of_team(name, team)

    def _named(self, name: str) -> str:
        """Organizations may have teams of one name; groups of a company do not (rule 2.4)."""
        is_shared = self.notes.get("name", fold(name)) != 1 and self.org.name
        return f"{name} ({self.org.name})" if is_shared else str(name)

    def _of_team(self, name: Word, team: dict[str, Any]) -> Iterator[Record | Problem]:
        group = self._named(name)
        values: dict[str, Any] = {"group": group, "kind": "internal"}
        if "description" in team:
            values["description"] = description(team["description"])
        if "privacy" in team:
            # A secret team is seen by its people only, a closed one by the organization.
            values["is_visible"] = team["privacy"] != "secret"
        yield self._record(Kind.GROUP, values, name)
        seen: set[str] = set()
        for login in _listed(team, "maintainers", "members"):
            yield from self._person(login, name)
            email = self._email(login)
            if email and email not in seen:
                seen.add(email)
                yield self._record(Kind.ENTRY, {"group": group, "member": email}, login)
                yield from self._place(email, login)
        for login in _listed(team, "maintainers"):
            if email := self._email(login):
                yield self._record(Kind.MASTER, {"group": group, "member": email}, login)
        children = team.get("teams")
        for child in children if isinstance(children, dict) else ():
            yield self._record(Kind.ENTRY, {"group": group, "subgroup": self._named(child)}, child)

    def _person(self, login: Word, where: str) -> Iterator[Record | Problem]:
        """The member, once; or that nobody knows their address, wherever they are named."""
        email = self._email(login)
        if not email:
            reason = _("No address is known for this GitHub name. Add it to logins.csv, as login and email.")
            named = f"{login} › {where}" if where else str(login)
            yield Problem(reason, named, self.org.file, login.line)
        elif self.notes.is_new("person", email):
            known = filled(name=self._known(login)[1])
            member = {"member": email, "id": login.casefold(), "nickname": str(login), **known}
            yield self._record(Kind.MEMBER, member, login)

    def _place(self, email: str, login: Word) -> Iterator[Record]:
        folder = self.org.folder
        if folder and self.notes.is_new("place", f"{folder}/{email}"):
            yield self._record(Kind.PLACE, {"team": team_path([folder]), "member": email}, login)

    def _known(self, login: str) -> tuple[str, str]:
        email, name = self.notes.get("login", login.casefold()) or ("", "")
        return email, name

    def _email(self, login: str) -> str:
        email = self._known(login)[0]
        if not email:
            email = self._known(EVERYBODY_ELSE)[0].replace(EVERYBODY_ELSE, login.lower())
        return email

    def _record(self, kind: Kind, values: dict[str, Any], where: Word) -> Record:
        return Record(kind, values, self.org.file, where.line)


SOURCE = Source("kubernetes", gettext_lazy("Kubernetes organization (YAML)"), recognises, read)
