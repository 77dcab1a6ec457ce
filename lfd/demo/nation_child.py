"""Runs the stand-in for national services, and stops it when the demo is gone, however it ended."""

from __future__ import annotations

from conformance.national_stand_in.__main__ import main
from lfd.demo.child import stopping_with_parent

if __name__ == "__main__":
    stopping_with_parent()
    main()
