from django.contrib.admin.apps import AdminConfig


class SuperusersConfig(AdminConfig):
    """Django admin with our own site, see groupadmin.admin."""

    default_site = "groupadmin.admin.Site"
