"""Busy machines are no reason for a property to fail."""

from hypothesis import settings

settings.register_profile("answers", deadline=None)
settings.load_profile("answers")
