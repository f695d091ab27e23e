"""How an action refuses a request."""


class Invalid(Exception):  # noqa: N818  (an answer, not a fault)
    """The request breaks a rule. The message belongs next to the named form field."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Taken(Invalid):
    """Something else has a name, address or ID that is there once."""


class Conflict(Exception):  # noqa: N818
    """Somebody else changed the object since it was opened (rule 2.18)."""

    def __init__(self, version: int) -> None:
        super().__init__("changed in the meantime")
        self.version = version
