"""Studies: pages that argue from records."""
