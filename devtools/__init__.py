"""Real and scripted servers for tests, the demo and the benchmarks. Nothing of the product imports this."""
