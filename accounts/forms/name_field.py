"""The field for a name (rule 2.4)."""

from typing import Any

from django.utils.translation import gettext_lazy

from accounts.models.named import NAME_CODE_POINTS, NAME_LENGTH
from groupadmin.base.form_fields import LineField


class NameField(LineField):
    """The name of a person, a team or a group, with the error texts of accounts.actions.names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            most=NAME_LENGTH,
            code_points=NAME_CODE_POINTS,
            error_messages={"required": gettext_lazy("Enter a name.")},
            **kwargs,
        )
