"""Real-valued signals."""
