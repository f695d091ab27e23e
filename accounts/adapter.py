from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from .models import Member
from .tasks import mail_sign_in_link


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: administrators add the people of their company."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: Member, email: str, context: dict[str, Any]) -> None:
        """Leaves it to the worker: an answer that took as long as the mail would tell who has an account."""
        mail_sign_in_link.enqueue(user.pk, context["request"].build_absolute_uri("/"), "reset")
