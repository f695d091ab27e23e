from allauth.mfa.stages import AuthenticateStage
from django.http import HttpResponse

from accounts.confirmation import replaces_factor
from accounts.models import Member


class FactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for the second factor, unless an identity provider stands for it (rules 9.2, 9.6)."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        member = self.login.user
        if isinstance(member, Member) and replaces_factor(self.request, member):
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer
