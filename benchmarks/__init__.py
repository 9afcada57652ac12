"""How fast the house is, compared in one run with something that everybody knows; `python -m benchmarks`."""
