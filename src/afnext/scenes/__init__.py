"""Synthetic recordings whose truth is known exactly: sources, composition, and questions about them."""
