"""Checks of this package against authorities: other programs, closed forms, published figures."""
