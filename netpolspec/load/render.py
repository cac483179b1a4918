"""Objects as Kubernetes YAML or JSON: what was understood, whatever it came from."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netpolspec.load.scalars import resolve
from netpolspec.load.terraform.secrets import HIDDEN, scrub_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from netpolspec.load.plain import Json
    from netpolspec.load.resource import Resource


def render_yaml(resources: Iterable[Resource], secrets: Collection[str] = ()) -> str:
    """The objects as YAML documents, as `kubectl apply -f -` reads them; empty where there are none.

    Args:
        resources: The objects, in the order in which they are written.
        secrets: Text that must not be shown (`Reading.secrets`).
    """
    import yaml

    documents = [_plain(resource.manifest, secrets) for resource in resources]
    if not documents:
        return ""
    return yaml.dump_all(
        documents, Dumper=_dumper(), sort_keys=False, default_flow_style=False, allow_unicode=True, width=110
    )


def render_json(resources: Iterable[Resource], secrets: Collection[str] = ()) -> str:
    """The objects as one JSON array, with a newline at its end."""
    return (
        json.dumps([_plain(resource.manifest, secrets) for resource in resources], indent=2, ensure_ascii=False) + "\n"
    )


def _plain(value: Json, secrets: Collection[str]) -> Any:  # noqa: ANN401 - JSON
    """JSON data of dicts and lists, in which what is sensitive is not shown."""
    if isinstance(value, str):
        return scrub_text(value, secrets) if secrets else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return HIDDEN if str(value) in secrets else value
    if hasattr(value, "items"):
        return {_plain(name, secrets): _plain(held, secrets) for name, held in value.items()}
    return [_plain(held, secrets) for held in value]


@lru_cache(maxsize=1)
def _dumper() -> Any:  # noqa: ANN401 - a class of yaml, which is imported late
    """A dumper that quotes what kubectl would not read as text: `y`, `1e3` and others besides PyYAML's own."""
    import yaml

    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc, valid-type]
        def ignore_aliases(self, data: object) -> bool:
            """Repeats what stands twice: an anchor helps no reader."""
            del data
            return True

    def represent(dumper: Any, text: str) -> Any:  # noqa: ANN401 - yaml's own types
        style = '"' if not isinstance(resolve(text), str) else "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    return Dumper
