"""Music: phrases of one instrument, and pieces with form, band and singers."""
