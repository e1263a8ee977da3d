"""Rows into batches: read, mixed by weight, packed into a token budget, decoded late; alike after any interruption."""
