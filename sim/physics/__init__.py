"""Pure NumPy physics on arrays: no state, no Skyfield, units in the names."""
