"""A small server that behaves as the national services do towards us, for demonstrations and tests:
tokens by signed JWT, demographics, patient flags, subscriptions, and a mailbox.

It is written from their published behaviour, beside and not out of the code that reads them. It
holds invented people only, and serves this machine only.
"""
