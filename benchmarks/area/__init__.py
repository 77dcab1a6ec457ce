"""The whole of an area under the national design load: how long until a death's lead is seen, and
whether anything piles up."""
