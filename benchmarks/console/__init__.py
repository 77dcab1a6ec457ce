"""How long the console takes for its first pages with many reviews, and how long they are."""
