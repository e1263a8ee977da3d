"""Conversations and speeches: who says what to whom, about what, and when."""
