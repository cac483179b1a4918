"""Override files: what `override.tf` and `*_override.tf` put in the place of what other files say.

After developer.hashicorp.com/terraform/language/files/override.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.load.hcl.tree import Block, Body

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_override(name: str) -> bool:
    """Whether a file of this name overrides others."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def merge_overrides(blocks: Sequence[Block], overrides: Sequence[Block]) -> tuple[Block, ...]:
    """The top-level blocks of a folder with its overrides applied, in order."""
    merged = list(blocks)
    for override in overrides:
        if override.type == "locals":
            _override_locals(merged, override)
        elif override.type == "terraform":
            merged.append(override)
        else:
            _override_block(merged, override)
    return tuple(merged)


def _override_locals(merged: list[Block], override: Block) -> None:
    for name, attribute in override.body.attributes.items():
        for at, block in enumerate(merged):
            if block.type == "locals" and name in block.body.attributes:
                attributes = {**block.body.attributes, name: attribute}
                merged[at] = _with_body(block, Body(attributes, block.body.blocks))
                break
        else:
            message = f"there is no local value '{name}' to override"
            raise Refusal(Diagnostic("terraform-override", message, attribute.name_span))


def _override_block(merged: list[Block], override: Block) -> None:
    for at, block in enumerate(merged):
        if block.type == override.type and block.labels == override.labels and _alias(block) == _alias(override):
            merged[at] = _with_body(block, _merge(block.body, override.body))
            return
    if override.type in ("provider", "moved", "import", "removed", "check"):
        merged.append(override)
        return
    name = " ".join((override.type, *(f"'{label}'" for label in override.labels)))
    raise Refusal(Diagnostic("terraform-override", f"there is no {name} to override", override.span))


def _alias(block: Block) -> str | None:
    attribute = block.body.attributes.get("alias") if block.type == "provider" else None
    return None if attribute is None else attribute.value.span.text


def _with_body(block: Block, body: Body) -> Block:
    return Block(block.type, block.labels, body, block.span, block.extent)


def _merge(body: Body, override: Body) -> Body:
    """Arguments replace arguments of their name; nested blocks replace all blocks of their type."""
    attributes = {**body.attributes, **override.attributes}
    if "count" in override.attributes:
        attributes.pop("for_each", None)
    if "for_each" in override.attributes:
        attributes.pop("count", None)
    replaced = {_makes(block) for block in override.blocks} - {"lifecycle"}
    lifecycle = [block for block in override.blocks if block.type == "lifecycle"]
    kept = [block for block in body.blocks if _makes(block) not in replaced]
    for block in lifecycle:
        for at, own in enumerate(kept):
            if own.type == "lifecycle":
                kept[at] = _with_body(own, _merge(own.body, block.body))
                break
        else:
            kept.append(block)
    return Body(attributes, (*kept, *(block for block in override.blocks if block.type != "lifecycle")))


def _makes(block: Block) -> str:
    """The type of the blocks that a block stands for."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
