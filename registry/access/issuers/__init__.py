"""Issuers of access tokens beside or instead of this registry: whom we trust, and how their claims
are understood."""
