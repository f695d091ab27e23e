"""Forms of the dialogs and of the pages that edit."""

from .group import AddExternalGroupForm, AddGroupForm, EditGroupForm, GroupForm
from .mailing_list import MailingListForm

__all__ = ["AddExternalGroupForm", "AddGroupForm", "EditGroupForm", "GroupForm", "MailingListForm"]
