"""One supervised stage, from a recipe to a checkpoint: build, feed, step, measure, save, resume."""
