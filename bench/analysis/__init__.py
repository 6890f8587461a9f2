"""Numbers from records: pure functions. No torch here."""
