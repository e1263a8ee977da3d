"""The procedural sounds: a toolbox of waves, and one function for each kind, by family."""
