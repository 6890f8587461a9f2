"""What a training step and an evaluation cost, in time, operations and memory, beside the same work done otherwise."""
