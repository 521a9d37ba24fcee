"""The command that loads the Northwind sample."""

from mikano_cx.demo.sample_command import SampleCommand
from mikano_cx.demo.samples import northwind


class Command(SampleCommand):
    help = "Loads the Northwind sample from its folder of CSV files: orders are sales. Adds only what is missing."
    read = staticmethod(northwind)
