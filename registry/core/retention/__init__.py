"""Forgetting: what is held of a living person, why, and until when (data minimisation, UK GDPR
article 5(1)(c) and (e)).

A stay is held in full while a death could make it matter. After that its statements are reduced to
what still counts: evidence for flags, and, while anything else is held, who is who. Nothing is
forgotten of anybody whose death is on record, or about whom a question or concern stands.
"""
