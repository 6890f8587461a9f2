"""Arithmetic on numbers as text."""
