"""Forms of recordings: composed to a plan, which is rendered to sound."""
