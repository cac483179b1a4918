"""A Markdown document as a spec: its specs are one text, and its policies can be given by their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Refusal
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netpolspec.documents.blocks import Block
    from netpolspec.load.hcl.configuration import Configuration
    from netpolspec.load.library import Policy
    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource
    from netpolspec.source import Span

_YAML = frozenset({"yaml", "yml"})
_TERRAFORM = frozenset({"hcl", "terraform", "tf"})


@dataclass(frozen=True, eq=False)
class Document:
    """What a Markdown document holds for a spec."""

    source: Source
    blocks: tuple[Block, ...]
    _views: dict[int, Source] = field(default_factory=dict, repr=False)

    @cached_property
    def view(self) -> str:
        """Its text as the parser of specs reads it."""
        from netpolspec.documents.blocks import spec_view

        return spec_view(self.source, self.blocks)

    def find(self, name: str, place: Span) -> Policy | TerraformBlock | None:
        """The policy of a name that stands above; of several the nearest, for documents change things as they go.

        Args:
            name: its `metadata.name`.
            place: what asks for it.

        Raises:
            Refusal: the block that seems to hold it cannot be read.
        """
        for block in reversed([each for each in self.blocks if each.line < place.line]):
            found = self._policy(block, name)
            if found is not None:
                return found
        return None

    def say_missed(self, name: str) -> str:
        """Where a policy that `find` does not know may be."""
        below = next((block for block in self.blocks if self._policy(block, name) is not None), None)
        if below is None:
            return "the 'yaml' and 'hcl' blocks above do not have it either"
        return f"the block at line {below.line - 1} has it: a policy is given below its block"

    def _policy(self, block: Block, name: str) -> Policy | TerraformBlock | None:
        if name not in block.text:
            return None
        if block.language in _YAML:
            return self._manifest(block, name)
        if block.language in _TERRAFORM and "kubernetes_network_policy" in block.text:
            return self._terraform(block, name)
        return None

    def _manifest(self, block: Block, name: str) -> Policy | None:
        """The policy of that name in a block of YAML."""
        from netpolspec.documents.blocks import indent_of
        from netpolspec.load.fragment import Fragment
        from netpolspec.load.library import Form, Policy
        from netpolspec.load.yaml_text import read_yaml

        fragment = Fragment(self.source, block.text, block.line, indent_of(block, self.source))
        documents, problems = read_yaml(fragment)
        named = tuple((value, where) for value, where in documents if _is_policy(value, name))
        if named:
            return Policy(name, Path(f"{self.source.path}#{block.line}"), Form.YAML, named)
        if problems and "NetworkPolicy" in block.text:
            raise Refusal(*problems)
        return None

    def _terraform(self, block: Block, name: str) -> TerraformBlock | None:
        from netpolspec.load.terraform.text import open_text, policy_names

        configuration = open_text(self._only(block), Path(self.source.path).parent)
        return TerraformBlock(name, configuration) if name in policy_names(configuration) else None

    def _only(self, block: Block) -> Source:
        """The document with nothing in it but one block, so that places in it are places in the document."""
        from netpolspec.documents.blocks import block_view

        # Always the same one, so that what several scenarios find wrong in it is told once.
        return self._views.setdefault(block.line, Source(self.source.path, block_view(self.source, block)))


def _is_policy(value: object, name: str) -> bool:
    if not isinstance(value, dict) or not str(value.get("kind")).endswith("NetworkPolicy"):
        return False
    metadata = value.get("metadata")
    return isinstance(metadata, dict) and metadata.get("name") == name


@dataclass(frozen=True, eq=False, slots=True)
class TerraformBlock:
    """A block of Terraform that declares a policy."""

    name: str
    configuration: Configuration

    def declares(self, variable: str) -> bool:
        """Whether it has a variable of that name."""
        return variable in self.configuration.variables

    def read(
        self, variables: Mapping[str, Json], places: Mapping[str, Span], place: Span
    ) -> tuple[tuple[Resource, ...], tuple[Diagnostic, ...], frozenset[str]]:
        """The policy's objects with values for the block's variables, all that is wrong with them, and secrets."""
        from netpolspec.load.terraform.text import read_open
        from netpolspec.load.terraform.values import Request

        found = read_open(self.configuration, Request(self.configuration.shown, place, variables, places))
        named = tuple(each for each in found.resources if each.key.name == self.name)
        return named or tuple(found.resources), tuple(found.diagnostics), frozenset(found.secrets)


def read_document(source: Source, place: Span | None = None) -> Document:
    """A document's blocks.

    Args:
        source: its text.
        place: what includes it, for messages.

    Raises:
        Refusal: it has no spec.
    """
    from netpolspec.documents.blocks import SPEC, read_blocks

    document = Document(source, read_blocks(source.text))
    if not any(block.language == SPEC for block in document.blocks):
        hint = f"a spec in Markdown is a fenced code block: ```{SPEC}"
        message = f"there is no block of specs in '{source.path}'"
        raise Refusal(Diagnostic("no-spec-block", message, place, (hint, *_nearly(document))))
    return document


def _nearly(document: Document) -> Iterator[str]:
    """What may have been meant for a spec."""
    for block in document.blocks:
        if block.language in {"", "make", "makefile", "netpolspec"} and "expect " in block.text:
            yield f"the block at line {block.line - 1} looks like one"
            return
