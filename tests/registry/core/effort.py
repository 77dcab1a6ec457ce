"""How hard the properties of the core are tried: LFD_NIGHTLY=1 tries many more histories."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

NIGHTLY = bool(os.environ.get("LFD_NIGHTLY"))
HISTORIES = 20_000 if NIGHTLY else 500
FEWER = 2_000 if NIGHTLY else 120

# A slow machine is no fault of the rules: no deadline for one example, nor for drawing it.
thorough = settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ordinary = settings(thorough, max_examples=FEWER)

# Set as `pytestmark`: for how long, in seconds, one property may be tried.
patience = pytest.mark.timeout(6 * 3600 if NIGHTLY else 600)
