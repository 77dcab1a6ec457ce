"""Feeds and senders: what an integration team sees of its own messages, and does with them."""
