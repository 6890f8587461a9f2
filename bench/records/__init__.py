"""Records: one JSON file a trained (task, model, seed), the only shared state."""
