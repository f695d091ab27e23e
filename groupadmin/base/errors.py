"""The ways in which an action says that it cannot do what was asked."""


class Invalid(Exception):  # noqa: N818  (an answer, not a fault)
    """What was asked for breaks a rule. The message belongs beside the named field of a form."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Conflict(Exception):  # noqa: N818
    """Somebody else changed the thing since it was opened (rule 2.18)."""

    def __init__(self, version: int) -> None:
        super().__init__("changed in the meantime")
        self.version = version
