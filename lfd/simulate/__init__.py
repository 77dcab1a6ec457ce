"""`lfd simulate`: a synthetic area in files, and the score of a registry that was sent them."""

from lfd.simulate.simulating import run

__all__ = ["run"]
