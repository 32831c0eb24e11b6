"""Adaptive rate: rows of one table at several sizes, and codebooks that several tables share."""
