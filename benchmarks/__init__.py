"""What Isoloir's speeds are on this machine, each beside its peer in the same run: `make bench`."""
