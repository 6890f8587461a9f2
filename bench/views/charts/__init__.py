"""Charts, one file a kind."""
