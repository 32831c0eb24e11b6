"""From a size to a codec: what the vectors look like, what may be tried, what was measured, what is chosen."""
