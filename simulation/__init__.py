"""A synthetic area: its people, what happened to them, and the ADT messages its trusts send of it.

Pure and seeded: the same plan and seed give the same bytes. It knows neither adapter nor registry,
so that what it holds for true is not what they make of it.
"""
