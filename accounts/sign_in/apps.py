from allauth.usersessions.apps import UserSessionsConfig


class SessionsConfig(UserSessionsConfig):  # type: ignore[misc]
    """The model of allauth's sessions, without what it does at each sign-in: a query for each session."""

    def ready(self) -> None:
        """accounts.sign_in.signals notes the sessions."""
