"""The national rules for scope, reviews and leads, as data, and what reads them."""
