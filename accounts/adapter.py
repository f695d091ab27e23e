from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from .confirmation import is_fresh
from .models import Member
from .tasks import mail_sign_in_link


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody can sign up: administrators add the people of their company."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """For allauth's own pages: the same as for all delicate changes (rule 9.4)."""
        return not is_fresh(self.request)

    def send_password_reset_mail(self, user: Member, email: str, context: dict[str, Any]) -> None:
        """Sent by the worker: a response that waits for the mail would reveal who has an account."""
        mail_sign_in_link.enqueue(user.pk, context["request"].build_absolute_uri("/"), "reset")
