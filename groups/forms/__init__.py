"""The two dialogs and the doors for editing, as forms."""

from .group import AddExternalGroupForm, AddGroupForm, EditGroupForm, GroupForm
from .mailing_list import MailingListForm

__all__ = ["AddExternalGroupForm", "AddGroupForm", "EditGroupForm", "GroupForm", "MailingListForm"]
