"""What a GPU did: steps beside a processor's, several at once, and whether its numbers are the same."""
