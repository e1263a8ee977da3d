"""Benchmarks, one or a close family a page. ``TASKS`` of a page holds them; ``catalog.py`` finds them by name."""
