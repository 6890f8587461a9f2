"""What a run is asked for: specs, settings, the catalogue of what exists. No torch here."""
