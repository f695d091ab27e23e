from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.urls import register_converter

from groupadmin.base.ids import IdConverter


class GroupadminConfig(AppConfig):
    name = "groupadmin"

    def ready(self) -> None:
        """Registers the `<id:…>` converter for URLs."""
        register_converter(IdConverter, "id")


class SuperusersConfig(AdminConfig):
    """Django admin with our own site, see groupadmin.base.admin."""

    default_site = "groupadmin.base.admin.Site"
