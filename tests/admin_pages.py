"""Short ways for tests to use Django admin as a person does: open a form, change fields, save."""

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry

from .helpers import client_of


def admin_url(model: type[Model], view: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def save(client: Client, url: str, **changes: Any) -> Any:
    """Opens a form and posts it as it stands, but for these changes; the answer to the post."""
    page = client.get(url)
    assert page.status_code == 200, page
    form = page.context["adminform"].form
    data: dict[str, Any] = {}
    for name in form.fields:
        if name not in page.context["adminform"].readonly_fields:
            data[name] = form[name].value()
    data = {name: value for name, value in (data | changes).items() if value not in (None, False)}
    return client.post(url, data)


def errors(response: Any) -> dict[str, list[str]]:
    """What a form says is wrong, by field."""
    assert response.status_code == 200, response
    return {name: list(messages) for name, messages in response.context["adminform"].form.errors.items()}


def last_entry() -> AuditEntry:
    """The newest audit entry."""
    return AuditEntry.objects.order_by("-pk")[0]


def said(client: Client, response: Any) -> str:
    """The messages on the page that an answer leads to."""
    page = client.get(response["Location"])
    return " ".join(str(message) for message in page.context["messages"])


__all__ = ["admin_url", "client_of", "errors", "last_entry", "said", "save"]
