"""One-device modules on many devices: weights in shards, sequences in parts; takes modules and imports no model."""
