"""The API: its resources, and how ninja is told of ours (rule 11.3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from . import audit, directory, groups, jobs, me, members, problems, teams
from .openapi import DESCRIPTION, TAGS, finished
from .parsing import JsonParser

ROUTERS = (
    me.router,
    members.router,
    teams.router,
    *groups.ROUTERS,
    *directory.ROUTERS,
    jobs.router,
    audit.router,
)
"""Of all resources, in the order of the documentation."""


class Api(NinjaAPI):
    """Answers every error as a problem document, and describes itself fully."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        return problems.answer(request, exc)

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        return finished(super().get_openapi_schema(**kwargs))


api = Api(
    title="groupadmin",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    parser=JsonParser(),
    openapi_extra={"tags": TAGS},
)
for router in ROUTERS:
    api.add_router("", router)
