"""The options of retention, as a registry takes them."""

from __future__ import annotations

from argparse import Namespace

from registry.core.retention.terms import RetentionSaid


def retention_said(chosen: Namespace) -> RetentionSaid:
    """Takes a command's --forget options; returns what they say."""
    return RetentionSaid(
        allowance_days=chosen.forget_allowance_days,
        evidence_years=chosen.forget_evidence_years,
        silence_years=chosen.forget_silence_years,
    )
