"""What is promised about speed and memory, measured: each row against a baseline in the same run."""
