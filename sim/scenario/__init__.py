"""Scenarios: the frozen models of a study's parameters, and how they are read from files."""
