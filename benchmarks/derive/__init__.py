"""How fast the registry takes messages, beside a bare commit, and whether that stays so as more
people are held."""
