"""What people set up: the settings file, the environment, and the options of one integration, each fault reported."""
