"""Training of sparse codes with torch (an extra): a dictionary and a linear encoder that find, for each row, a few signed atoms."""
