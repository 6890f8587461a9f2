"""Equal tuning: the same search for every pair, its table, and the recipes that come of it."""
