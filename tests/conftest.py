"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # speed is watched in benchmarks/; a busy machine shall fail nothing here
settings.load_profile("untimed")
