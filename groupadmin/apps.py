from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class GroupadminConfig(AppConfig):
    name = "groupadmin"


class SuperusersConfig(AdminConfig):
    """Django admin with our own site, see groupadmin.base.admin."""

    default_site = "groupadmin.base.admin.Site"
