"""What holds for all tests."""

from hypothesis import settings

from tests.sizes import sized

# Speed is watched in benchmarks/; a busy machine shall fail nothing here.
settings.register_profile("untimed", deadline=None, max_examples=sized(100, 50))
settings.load_profile("untimed")
