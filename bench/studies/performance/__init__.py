"""How long a training step takes beside plain loops and beside the matrix products that it needs."""
