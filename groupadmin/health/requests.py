"""What Prometheus is told of requests and queries (rule 11.6), by django-prometheus, with bounded labels.

A page's name is a label, its path is not: whatever strangers ask for makes no new ones.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django_prometheus import middleware
from django_prometheus.db import metrics as of_queries

# What says the same in other words, or nothing here.
LEFT_OUT = frozenset(
    {
        "django_http_ajax_requests_total",
        "django_http_requests_total_by_transport",
        "django_http_requests_total_by_view_transport_method",
        "django_http_responses_total_by_templatename",
        "django_http_responses_total_by_charset",
        "django_http_requests_unknown_latency_total",
        "django_http_requests_unknown_latency_including_middlewares_total",
    }
)
ALIAS = "default"


class _Nothing:
    """A metric that is not kept."""

    def labels(self, *args: Any, **labels: Any) -> "_Nothing":
        return self

    def inc(self, amount: float = 1) -> None:
        pass

    def observe(self, amount: float) -> None:
        pass


class Metrics(middleware.Metrics):  # type: ignore[misc]  # has no types
    """Those of django-prometheus that we keep."""

    def register_metric(self, metric_cls: Any, name: str, *args: Any, **options: Any) -> Any:
        return _Nothing() if name in LEFT_OUT else super().register_metric(metric_cls, name, *args, **options)


class RequestsMiddleware(middleware.PrometheusBeforeMiddleware):  # type: ignore[misc]
    """Counts requests and how long they take, from outside all other middleware."""

    metrics_cls = Metrics

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        connection_created.connect(_count_queries, dispatch_uid="groupadmin.health.requests")


class ViewsMiddleware(middleware.PrometheusAfterMiddleware):  # type: ignore[misc]
    """Counts the answers of each page, by status and method."""

    metrics_cls = Metrics

    def label_metric(self, metric: Any, request: HttpRequest, response: Any = None, **labels: Any) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)

    def process_request(self, request: HttpRequest) -> None:
        """A length that is no number is left out."""
        with suppress(ValueError):
            super().process_request(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Counted, and timed with the answer alone, which it has too."""
        self.metrics.exceptions_by_type.labels(type=type(exception).__name__).inc()
        self.metrics.exceptions_by_view.labels(view=self._get_view_name(request)).inc()


def _count_queries(connection: Any, **_signal: Any) -> None:
    """Has the queries of a connection counted. Each thread has one object for all its connections."""
    of_queries.connections_total.labels(ALIAS, connection.vendor).inc()
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    vendor = context["connection"].vendor
    begun = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except Exception as error:
        of_queries.errors_total.labels(ALIAS, vendor, type(error).__name__).inc()
        raise
    finally:
        of_queries.query_duration_seconds.labels(ALIAS, vendor).observe(time.perf_counter() - begun)
        of_queries.execute_total.labels(ALIAS, vendor).inc()
