"""The sample company: a made-up shop with planted causes, to look at and to test against."""

from headwater.site.sample.generate import SampleCompany, generate
from headwater.site.sample.load import load_sample, sample_is_loaded

__all__ = ["SampleCompany", "generate", "load_sample", "sample_is_loaded"]
