"""The alerts for operators are about numbers that there are, and Prometheus reads them (rule 11.6)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

ALERTS = Path(__file__).parents[3] / "groupadmin" / "deploy" / "prometheus-alerts.yml"
BOOK = Path(__file__).parents[3] / "groupadmin" / "docs" / "monitoring.md"
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"\b(?:groupadmin|django)_[a-z_]+\b")


@pytest.mark.one_database
@pytest.mark.skipif(PROMTOOL is None, reason="promtool (package prometheus) is not installed")
def test_prometheus_reads_them() -> None:
    checked = subprocess.run([f"{PROMTOOL}", "check", "rules", str(ALERTS)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.django_db
def test_each_number_is_there_under_its_name(client: Client, prometheus: Client) -> None:
    client.get("/sign-in/")
    there = set(NAME.findall(prometheus.get("/metrics").content.decode()))
    written = set(NAME.findall(ALERTS.read_text()))
    assert len(written) > 10
    assert written - there == set()
    documented = {name for name in NAME.findall(BOOK.read_text()) if not name.endswith("_")}
    assert documented - there == set()
    ours = {name for name in there if name.startswith("groupadmin_")}
    shortened = {
        name
        for name in ours
        if name.endswith(("_due_age_seconds", "_running_age_seconds", "_envelopes_age_seconds"))
    }
    assert ours - documented - shortened == set()
