"""Measurements. `python -m benchmarks.prove` runs them all and writes docs/figures.md; each also runs by itself."""
