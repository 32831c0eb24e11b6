"""One file per command, with one function of the same name."""
