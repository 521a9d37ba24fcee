from mikano_cx.pages.demo.samples import northwind
from mikano_cx.pages.management.sampling import SampleCommand


class Command(SampleCommand):
    help = "Loads the Northwind sample from its folder of CSV files: orders are sales. Adds only what is missing."
    read = staticmethod(northwind)
