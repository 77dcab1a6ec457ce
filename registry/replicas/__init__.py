"""Standbys of the database that reads may be answered from, and when one may be."""
