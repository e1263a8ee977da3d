"""Questions about scenes, with answers that follow from the truth."""
