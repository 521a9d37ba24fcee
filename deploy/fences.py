"""An import-linter contract for floors whose modules only their own slice may import (see pyproject.toml)."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Home(Contract):
    """Modules on these `floors` of the slices in `rooms` may be imported only by their slice or by the modules `doors`.

    Unlike import-linter's own `protected` contract, it accepts floors that a slice doesn't have yet.
    """

    rooms = fields.ListField(subfield=fields.StringField())
    floors = fields.ListField(subfield=fields.StringField())
    doors = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = []
        for imported in graph.modules:
            room = next((room for room in self.rooms if imported.startswith(f"{room}.")), None)  # type: ignore[attr-defined]
            if room is None or imported.removeprefix(f"{room}.").split(".")[0] not in self.floors:  # type: ignore[operator]
                continue
            for importer in graph.find_modules_that_directly_import(imported):
                if not importer.startswith(f"{room}.") and importer not in (self.doors or []):  # type: ignore[operator]
                    broken.append(f"{importer} -> {imported}")
        return ContractCheck(kept=not broken, metadata={"broken": sorted(broken)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(f"- {line}", bold=False)
