"""Dashboard and alerts: every expression is of metrics that a running exchange shows, every alert
has its runbook, and Prometheus' own tool takes the rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from registry.national.metrics import NationalMetrics
from registry.replicas.metrics import ReplicaMetrics
from tests.deployment.compose import ROOT
from tests.docs.pages import links
from tests.end_to_end.conftest import exchange
from tests.end_to_end.exchange import Exchange

__all__ = ["exchange"]

RULES = ROOT / "deployment/prometheus/lfd.rules.yml"
DASHBOARD = ROOT / "deployment/grafana/lfd.json"
RUNBOOKS = ROOT / "docs/runbooks"
MONITORING = ROOT / "docs/monitoring.md"
# Prometheus' own, of each thing it scrapes.
OF_PROMETHEUS = {"up"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BY = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")
_LABELS = re.compile(r"\{[^}]*\}")
_WORD = re.compile(r"(?<![\w:])[a-z_][a-z0-9_:]*\b(?!\s*\()")
_OPERATORS = {"and", "or", "unless", "bool"}


def metrics_of(expression: str) -> set[str]:
    """Takes a PromQL expression; returns the metrics it reads."""
    text = _LABELS.sub(" ", _STRING.sub('""', expression))
    text = re.sub(r"\[[^]]*\]", " ", _BY.sub(" ", text))
    return set(_WORD.findall(text)) - _OPERATORS


def alerts() -> list[dict[str, Any]]:
    """The alerts of the rules file."""
    read = cast("dict[str, Any]", yaml.safe_load(RULES.read_text()))
    return [rule for group in read["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard that show something."""
    read = cast("dict[str, Any]", json.loads(DASHBOARD.read_text()))
    return [panel for panel in read["panels"] if panel["type"] != "row"]


def samples(shown: str) -> set[str]:
    """Takes a page of metrics; returns the names under which they are asked for."""
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", shown, re.MULTILINE):
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names |= {f"{name}{end}" for end in ends}
    return names


@pytest.fixture(scope="module")
def shown(exchange: Exchange) -> set[str]:
    """What /metrics of a running exchange has, and of a registry with a national feed and with
    standbys."""
    besides = CollectorRegistry()
    NationalMetrics(besides)
    ReplicaMetrics(besides)
    page = httpx.get(f"{exchange.url}/metrics").text
    return samples(page) | samples(generate_latest(besides).decode())


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ('max(a_b) > 0 and sum by (x, y) (rate(c_total{l=~"d|e"}[5m])) * 2', {"a_b", "c_total"}),
        ("min_over_time(max(a)[1h:1m]) - time()", {"a"}),
        ('histogram_quantile(0.9, sum by (le) (rate(h_bucket{r!~"/(x)"}[5m])))', {"h_bucket"}),
    ],
)
def test_the_metrics_of_an_expression(expression: str, named: set[str]) -> None:
    assert metrics_of(expression) == named


def test_every_panel_reads_metrics_that_are_there(shown: set[str]) -> None:
    assert len(panels()) > 20
    for panel in panels():
        for target in panel["targets"]:
            named = metrics_of(target["expr"])
            assert named and named <= shown, (panel["title"], named - shown)


def test_every_alert_reads_metrics_that_are_there(shown: set[str]) -> None:
    assert len(alerts()) > 15
    for alert in alerts():
        named = metrics_of(alert["expr"])
        assert named and named <= shown | OF_PROMETHEUS, (alert["alert"], named - shown)


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    named: set[Path] = set()
    for alert in alerts():
        runbook = ROOT / alert["annotations"]["runbook_url"]
        assert runbook.parent == RUNBOOKS
        assert runbook.read_text().startswith(f"# {alert['alert']}\n")
        assert alert["labels"]["severity"] in ("page", "ticket")
        named.add(runbook)
    assert len(named) == len(alerts())
    assert set(RUNBOOKS.glob("*.md")) == named
    listed = {(MONITORING.parent / one).resolve() for one in links(MONITORING)}
    assert named <= listed


def test_every_metric_of_ours_is_described(shown: set[str]) -> None:
    text = MONITORING.read_text()
    ours = {one for one in shown if one.startswith(("adapter_", "registry_"))}
    for name in ours:
        plain = re.sub(r"_(bucket|sum|count)$", "", name)
        is_made = name.endswith("_created")
        assert is_made or f"`{plain}`" in text or f"`{name}`" in text, name


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_prometheus_takes_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
