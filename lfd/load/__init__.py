"""`lfd load`: years of archived messages, and CSVs of discharges and deaths, into the adapter."""

from lfd.load.loading import run

__all__ = ["run"]
