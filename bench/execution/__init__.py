"""Runs jobs: who trains what, where, and what is told meanwhile."""
