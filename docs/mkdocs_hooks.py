"""What is different on the site from the same pages on GitHub.

- A block ```nps specs/world.nps gets the name of its file as a title; other words are for the tests.
- A link to a file of the repository that is no page leads to GitHub.
- A picture that `netpolspec embed` has written is an SVG: for mermaid, browsers would have to fetch a program.
- In the navigation, a folder stands for its pages.
- `nps` is coloured.
"""

from __future__ import annotations

import base64
import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygments.lexers
from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, Operator, String, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

DOCS = Path(__file__).resolve().parent
REPOSITORY = DOCS.parent
FENCE = re.compile(r"^(?P<before> *(?P<fence>`{3,}))(?P<language>\w+)(?P<words>(?: [^\n`]+)?)$", re.MULTILINE)
PICTURE = re.compile(r"^<!-- netpolspec picture (?P<path>\S+) -->\n(?:.*\n)*?<!-- /netpolspec -->$", re.MULTILINE)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
MARKS = {"wrong", "live", "form"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of a folder into the navigation."""
    config.nav = list(_expand(config.nav))
    return config


def _expand(entries: Any) -> Iterator[Any]:  # noqa: ANN401 - YAML
    for entry in entries:
        match entry:
            case dict() if isinstance(next(iter(entry.values())), str):
                ((title, place),) = entry.items()
                yield {title: _pages(place) if place.endswith("/") else place}
            case _:
                yield entry


def _pages(folder: str) -> list[str]:
    names = sorted(path.name for path in (DOCS / folder).glob("*.md") if path.name != "README.md")
    index = ["README.md"] if (DOCS / folder / "README.md").exists() else []
    return [folder + name for name in (*index, *names)]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Rewrite what only GitHub understands."""
    folder = (DOCS / page.file.src_uri).parent
    markdown = PICTURE.sub(lambda picture: _draw(folder / picture["path"]), markdown)
    markdown = markdown.replace("<details>", '<details markdown="1">')  # what is in it is Markdown, as on GitHub
    parts = re.split(r"^( *`{3,}.*\n(?:.*\n)*? *`{3,})$", FENCE.sub(_title, markdown), flags=re.MULTILINE)
    parts[::2] = [LINK.sub(lambda link: _leave(link, folder, str(config.repo_url)), part) for part in parts[::2]]
    return "".join(parts)


def _draw(path: Path) -> str:
    from netpolspec.cli.main import main

    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(stream):
        status = main(["show", str(path)])
    if status != 0:
        raise ValueError(path)
    drawn = base64.b64encode(stream.buffer.getvalue()).decode()
    return f"![{path.name}](data:image/svg+xml;base64,{drawn})"


def _title(fence: re.Match[str]) -> str:
    names = [word for word in fence["words"].split() if word not in MARKS and not word.startswith("needs=")]
    return f"{fence['before']}{fence['language']}" + (f' title="{names[0]}"' if names else "")


def _leave(link: re.Match[str], folder: Path, repository: str) -> str:
    target = (folder / link["target"]).resolve()
    if re.match(r"[a-z]+:", link["target"]) or not target.exists():
        return link[0]
    if target.is_dir() and (target / "README.md").exists() and target.is_relative_to(DOCS):
        target /= "README.md"
    if target.is_relative_to(DOCS) and target.suffix == ".md":
        return link[0]
    kind = "tree" if target.is_dir() else "blob"
    return f"]({repository}/{kind}/main/{target.relative_to(REPOSITORY)}{link['anchor'] or ''})"


class NpsLexer(RegexLexer):
    """Colours specs."""

    name = "nps"
    aliases = ("nps",)
    tokens = {  # noqa: RUF012 - that is how pygments has it
        "root": [
            (r"##.*", String.Doc),
            (r"#.*", Comment),
            (r'"(?:\\.|[^"\\\n])*"', String),
            (r"\$(?:\([^)]*\)|[@*$])", Name.Variable),
            (r"^(include)\b", Keyword),
            (r"^([\w$(),:%.*/-]+)(\s*)([:?+]?=)", bygroups(Name.Variable, Text, Operator)),
            (r"^([^\s:#;][^:#;\n]*)(:)(?=\s|;)", bygroups(Name.Function, Operator)),
            (r"\b(given|when|expect|todo|skip|needs|tags)\b(?=\s|$)", Keyword),
            (r"(?<=\s)(allowed|denied|within|because|matrix)(?=\s|;|$)", Keyword.Type),
            (r"->", Operator),
            (r"[^\S\n]+|\n", Text),
            (r"[^\s#\"$;]+|.", Text),
        ]
    }


pygments.lexers.LEXERS["NpsLexer"] = ("mkdocs_hooks", NpsLexer.name, NpsLexer.aliases, ("*.nps",), ())
pygments.lexers._lexer_cache[NpsLexer.name] = NpsLexer  # type: ignore[attr-defined]  # noqa: SLF001 - not installed
