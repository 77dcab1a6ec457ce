"""The suites that `python -m conformance.run` puts the product through, and the running product."""
