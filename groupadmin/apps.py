from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy

from groupadmin.base import error_reports
from groupadmin.base.ids import IdConverter


class GroupadminConfig(AppConfig):
    name = "groupadmin"
    verbose_name = gettext_lazy("Background work")

    def ready(self) -> None:
        """Registers the `<id:…>` converter for URLs; begins to report errors, where that is asked for."""
        register_converter(IdConverter, "id")
        error_reports.start()


class SuperusersConfig(AdminConfig):
    """Django admin with our own site, see groupadmin.base.admin."""

    default_site = "groupadmin.base.admin.Site"
