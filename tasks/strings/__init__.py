"""Tasks that rewrite strings."""
