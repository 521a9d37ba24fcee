from mikano_cx.pages.demo.samples import maven
from mikano_cx.pages.management.sampling import SampleCommand


class Command(SampleCommand):
    help = (
        "Loads the Maven sample from its folder of CSV files: won deals are sales, engage dates are meetings. "
        "Adds only what is missing."
    )
    read = staticmethod(maven)
