"""Makes the vectors that need no other program: the same bytes at each run."""
