"""Sign-in by OpenID Connect: who somebody is, and for which organisation they may act as what."""
