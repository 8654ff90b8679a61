"""Contract: an area may be entered only through its public modules."""

from __future__ import annotations

from typing import Any

from importlinter import Contract, ContractCheck, fields, output


class FrontDoorContract(Contract):
    """Other areas use an area's doors; its inside may change without asking them."""

    # import-linter swaps each field for its plain value on the instance, hence Any.
    root: Any = fields.StringField()
    doors: Any = fields.SetField(subfield=fields.StringField())
    open_to_all: Any = fields.SetField(subfield=fields.StringField(), required=False)
    may_enter_anywhere: Any = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: Any, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Collect every direct import that goes past a door."""
        broken = [
            (importer, imported)
            for importer in graph.modules
            for imported in graph.find_modules_directly_imported_by(importer)
            if self._goes_past_a_door(importer.split("."), imported.split("."))
        ]
        return ContractCheck(kept=not broken, metadata={"broken": sorted(broken)})

    def _goes_past_a_door(self, here: list[str], there: list[str]) -> bool:
        if there[0] != self.root or len(there) < 3 or len(here) < 2 or here[:2] == there[:2]:
            return False
        if here[1] in (self.may_enter_anywhere or ()) or there[1] in (self.open_to_all or ()):
            return False
        return there[2] not in self.doors

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name the module to use instead."""
        for importer, imported in check.metadata["broken"]:
            area = ".".join(imported.split(".")[:2])
            output.print_error(
                f"{importer} imports {imported}: use {area}.api or {area}.contracts instead."
            )
