"""A whole election without a browser: the « vote à blanc » that finds what is wrong before voters do."""
