"""Kundresa: map, measure, steer and improve what your customers go through.

The names here need no server: read events and maps, measure, draw.
"""

__version__ = "0.1.0"
