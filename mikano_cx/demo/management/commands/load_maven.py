"""The command that loads the Maven sample."""

from mikano_cx.demo.sample_command import SampleCommand
from mikano_cx.demo.samples import maven


class Command(SampleCommand):
    help = (
        "Loads the Maven sample from its folder of CSV files: won deals are sales, engage dates are meetings. "
        "Adds only what is missing."
    )
    read = staticmethod(maven)
