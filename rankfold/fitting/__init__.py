"""What codecs learn from a sample: rotations, scalar levels, one-byte scales, codebooks and byte tables. Arrays in, arrays out."""
