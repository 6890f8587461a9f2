"""One trial, from spec to scores: all that can move a number, and nothing else. A record's key hashes it."""
