"""What every room stands on: errors, configuration, process facts, the journal, safe writing."""
