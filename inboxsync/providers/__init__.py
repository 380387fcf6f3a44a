"""What is known of mail providers: presets as data, detection by address, sign-in facts, quirks. No network."""
