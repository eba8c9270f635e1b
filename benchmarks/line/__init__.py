"""The line under load: one generator, several servers, one table. Run: python -m benchmarks.line"""
