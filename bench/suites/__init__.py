"""Which pairs are trained, and by which recipes."""
