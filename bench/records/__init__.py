"""Records: JSON of each trained (task, model, seed), a file each or packed; the only shared state."""
