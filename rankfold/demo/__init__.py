"""Real data that comes with rankfold, and the tour over it."""
