"""A code to copy, a sound that says it, or a little work for the device: an annoyance for robots, never a control."""
