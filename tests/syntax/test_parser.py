"""What golden files cannot show: views of a text, threads, and what is loaded when."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from netpolspec.source import Source
from netpolspec.syntax.ast import Expect, GivenManifest, Heredoc, Rule
from netpolspec.syntax.parser import parse_file, parse_source

DOCUMENT = """\
# A guide

## Not a description: it is no part of a spec

```nps
given namespace ms-a
given manifest <<END
  kind: Pod
END
```

Text with expect ms-a -> nothing.

```nps
## Described.
open: ms-a
	expect ms-a -> ms-b:80 allowed
```
"""


def blank_all_but_blocks(text: str) -> str:
    view = re.sub(r"[^\n]", " ", text)
    for block in re.finditer(r"^```nps\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        view = view[: block.start(1)] + block[1] + view[block.end(1) :]
    return view


def test_positions_in_a_view_are_those_of_the_document() -> None:
    source = Source("guide.md", DOCUMENT)
    file, diagnostics = parse_file(source, blank_all_but_blocks(DOCUMENT))
    assert not diagnostics
    assert file is not None
    assert [str(item.span) for item in file.items] == ["guide.md:6:1", "guide.md:7:1", "guide.md:16:1"]
    manifest, rule = file.items[1], file.items[2]
    assert isinstance(manifest, GivenManifest)
    assert isinstance(manifest.what, Heredoc)
    assert (manifest.what.text, manifest.what.line) == ("kind: Pod\n", 8)
    assert isinstance(rule, Rule)
    assert rule.description == ("Described.",)
    assert isinstance(rule.statements[0], Expect)
    assert rule.statements[0].sources[0].span.text == "ms-a"


def test_mistakes_in_a_view_are_drawn_in_the_document() -> None:
    document = DOCUMENT.replace("expect ms-a -> ms-b:80 allowed", "expect ms-a -> ms-b:80 alowed")
    _, diagnostics = parse_file(Source("guide.md", document), blank_all_but_blocks(document))
    (diagnostic,) = diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.text == "alowed"


def test_threads_do_not_disturb_each_other() -> None:
    texts = [f"given namespace ns-{n}\n" * n + "expect\n" * (n % 2) for n in range(1, 41)]

    def parse(text: str) -> tuple[int, str]:
        source = Source("x.nps", text)
        file, diagnostics = parse_file(source)
        assert all(one.span is not None and one.span.source is source for one in diagnostics)
        parse_source(f"ms-{len(text)}", source.span(0, 1))
        return (len(file.items), "") if file else (0, str(diagnostics[0].span))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(parse, texts))
    assert found == [(n, "") if n % 2 == 0 else (0, f"x.nps:{n + 1}:7") for n in range(1, 41)]


def test_the_parser_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, netpolspec.syntax.parser; print(sorted({'lark', 'netpolspec.syntax.build'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_explanations_are_not_loaded_for_a_spec_that_is_right() -> None:
    code = (
        "import sys; from netpolspec.source import Source; from netpolspec.syntax.parser import parse_file;"
        "assert parse_file(Source('x', 'given cluster'))[0];"
        "print([name for name in sys.modules if name.startswith('netpolspec.syntax.explain')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
