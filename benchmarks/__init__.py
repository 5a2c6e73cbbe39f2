"""Measurements of the real thing through real processes; docs/benchmarks.md says what each one measures."""
