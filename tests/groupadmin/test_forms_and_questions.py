"""One look for questions, alerts and mistakes, on all pages (rules 10.12, 10.14)."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Company, Domain, Member
from tests.factories import IdentityProviderFactory
from tests.helpers import ClientOf

ROOT = Path(__file__).parents[2]
# Django admin has its own look, and mail programs know no forms.
TEMPLATES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if not {"admin", "email"} & set(path.relative_to(ROOT).parts)
]
SCRIPTS = sorted((ROOT / "static" / "groupadmin").glob("*.js"))
FORM = re.compile(r"<form\b(?P<tag>(?:\{%.*?%\}|\"[^\"]*\"|[^>\"])*)>(?P<body>.*?)</form>", re.DOTALL)
# What a browser has nothing to check in.
QUIET = re.compile(
    r'<input\s[^>]*type="hidden"[^>]*>|<button\b.*?</button>|\{% (?:csrf_token|form_key) %\}|\{#.*?#\}',
    re.DOTALL,
)
FIELDS = re.compile(
    r"<(?:input|select|textarea)|\{\{ *(?:\w+_)?form|\{\{ *field|_field|_radios|bootstrap|"
    r"\{% (?:include|partial|block)"
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_asks_and_says_as_all_do(path: Path) -> None:
    """No question of the browser, nor its bubbles; boxes with their icon."""
    text = path.read_text(encoding="utf-8")
    assert "hx-confirm" not in text
    assert 'class="alert' not in text, "use {% alert %}"
    for form in FORM.finditer(text):
        if FIELDS.search(QUIET.sub("", form["body"])):
            assert "novalidate" in form["tag"], form[0][:200]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_asks_by_the_browser(path: Path) -> None:
    assert not re.search(
        r"(?<![.\w])(?:window\.)?(?:confirm|alert|prompt)\(", path.read_text(encoding="utf-8")
    )


class Mistakes(HTMLParser):
    """What is marked wrong, and the texts that describe it, also by the group of fields around it."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[tuple[str, set[str]]] = []
        self.ids: set[str] = set()
        self.errors: set[str] = set()
        self.around: list[set[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        described = set((given.get("aria-describedby") or "").split())
        if tag == "fieldset":
            self.around.append(described)
        if given.get("aria-invalid") == "true":
            self.wrong.append((given.get("name") or tag, described.union(*self.around)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self.around.pop()


def wrong_in(answer: Any) -> list[str]:
    """The names of what is wrong, each tied to a text that is there."""
    assert answer.status_code == 422
    page = Mistakes()
    page.feed(answer.content.decode())
    for name, described in page.wrong:
        assert described & page.ids, f"nothing says what is wrong with {name}"
        assert any(part.endswith(("error", "said", "problem", "help")) for part in described & page.ids), name
    return [name for name, _described in page.wrong]


@pytest.mark.parametrize(
    ("view", "sent", "wrong"),
    [
        ("accounts:member_add", {"name": ""}, {"name", "local_part"}),
        ("accounts:team_add", {"name": "a/b"}, {"name"}),
        ("accounts:company", {"version": "1"}, {"fieldset"}),
        ("accounts:settings", {"version": "1"}, {"fieldset"}),
        ("accounts:domain_add", {"name": "no domain"}, {"name"}),
        ("accounts:company_token_add", {"name": ""}, {"name", "scopes"}),
        ("accounts:webhook_add", {"url": "", "which": "some"}, {"url"}),
        ("accounts:provider_add", {"name": ""}, {"name", "discovery_url"}),
        ("accounts:contact_add", {"address": "nobody"}, {"address"}),
        ("groups:add", {"name": ""}, {"name"}),
    ],
)
def test_each_mistake_is_tied_to_its_field(
    client_of: ClientOf, administrator: Member, view: str, sent: dict[str, str], wrong: set[str]
) -> None:
    """Rule 10.14."""
    assert wrong <= set(wrong_in(client_of(administrator).post(reverse(view), sent)))


def test_a_long_form_names_what_is_wrong(client_of: ClientOf, administrator: Member) -> None:
    """With links to the fields, if there are several."""
    page = client_of(administrator).post(reverse("accounts:member_add"), {"name": ""}).content.decode()
    said = re.search(r'role="alert">.*?</ul>', page, re.DOTALL)
    assert said
    assert {"id_name", "id_local_part"} <= set(re.findall(r'href="#(\w+)"', said[0]))


def test_a_message_has_its_icon_and_an_error_is_red(client_of: ClientOf, administrator: Member) -> None:
    """Bootstrap has no class for what Django calls an error."""
    client = client_of(administrator)
    page = client.post(reverse("accounts:connection_remove"), follow=True).content.decode()
    box = re.search(
        r'<div class="alert alert-danger alert-dismissible" role="alert">\s*<svg class="icon"', page
    )
    assert box


def test_a_required_provider_wants_its_name_typed(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    """Rule 10.12: another one is asked about only."""
    domain = Domain.objects.get(company=company)
    provider = IdentityProviderFactory.create(company=company, name="Okta", use="required")
    provider.domains.add(domain)
    client, url = client_of(administrator), reverse("accounts:provider_remove", args=[provider.pk])
    assert "It is required at" in client.get(url).content.decode()
    assert client.post(url, {"typed": "Other"}).status_code == 422
    type(provider).objects.filter(pk=provider.pk).update(use="offered")
    assert 'name="typed"' not in client.get(url).content.decode()
    type(provider).objects.filter(pk=provider.pk).update(use="required")
    assert client.post(url, {"typed": "okta"})["Location"] == reverse("accounts:providers")
