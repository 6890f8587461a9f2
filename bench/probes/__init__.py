"""What is kept of a trained model to look at: samples, traces, facts. Never part of a score, nor of a record's key."""
