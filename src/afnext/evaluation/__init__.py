"""Benchmarks: what is asked, how runs go on after any stop, and what they come to."""
