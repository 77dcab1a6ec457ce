"""How long ten years of a large trust take to load, from a measured slice."""
