"""The organisations that take part: their kinds, parents and successors."""
