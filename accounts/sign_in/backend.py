from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import Member


class MemberBackend(AuthenticationBackend):  # type: ignore[misc]
    """Brings the company with the person: each page asks whether it needs a second factor (rule 9.2)."""

    def get_user(self, user_id: int) -> Member | None:
        """The active person behind a session."""
        return Member.objects.active().select_related("company").filter(pk=user_id).first()
