"""What is done with a block, by its language. A block in a language without a row here is a mistake.

A page is read from top to bottom in one folder: files are written where they are shown, commands run where they stand.
What takes a cluster (`live`) is left out where there is none.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import yaml
from docs.ci import artifacts, read_ci
from docs.pages import ROOT
from docs.reader import NotInstalled, as_pattern, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docs.pages import Block
    from docs.reader import Reader


ELSEWHERE = {
    "bin/netpolspec run specs/*.nps": "what it sets up is told in tests/project/test_setup.py",
    "bin/just check": "these tests are a part of it",
    "bin/just": "likewise a part of what runs these tests",
    "netpolspec up --cni-manifest cni.yaml": "its words are tested in tests/backends, which need no docker",
    "netpolspec up": "makes a cluster: tests/e2e/test_clusters_made.py",
    "netpolspec up --cluster terraform/cluster-kind workers=2": "likewise: tests/e2e/test_terraform_clusters.py",
    "netpolspec status": "tells of all clusters of a machine: tests/e2e/test_clusters_kept.py",
    "netpolspec down": "deletes all clusters that were made, and tests must not touch those of others: likewise",
    "netpolspec doctor": "its answer is that of one machine: tests/backends/ has others",
}
"""Commands that pages show and that are not run for that, with the reason."""


ADVICE = "if it should: pytest tests/docs --update-golden, then read the diff"


def treat(block: Block, reader: Reader) -> None:
    """Do with a block what a reader of its page would do.

    Raises:
        AssertionError: the page is wrong.
        KeyError: nobody has said what becomes of this language.
    """
    if block.is_form:
        return
    if block.is_live and not reader.live:
        reader.leave_out(block, "it needs a cluster: 'just e2e' runs it")
        return
    try:
        for program in block.needs:
            reader.require(program)
        if block.file is not None:
            write_file(block, reader)
        else:
            TREATMENTS[block.language](block, reader)
    except NotInstalled as missing:
        reader.leave_out(block, f"'{missing}' is not installed")


def write_file(block: Block, reader: Reader) -> None:
    """A block with the name of a file is that file; people must be told the name where only the block can be seen."""
    name = str(block.file)
    assert f"`{name}`" in block.before, f"{block.name}: the text before the block must name `{name}`"
    reader.write(name, block.text)
    if name.endswith((".yaml", ".yml")) and "/templates/" not in name:
        list(yaml.safe_load_all(block.text))
    for step in read_ci(name, block.text):
        run_step(block, step, reader)
    for path in artifacts(name, block.text):
        assert (reader.folder / path).exists(), f"{block.name}: no step makes {path}"


def run_step(block: Block, step: str, reader: Reader) -> None:
    """A step of a CI job."""
    status, said = reader.run_script(step)
    assert status == 0, f"{block.name} runs:\n{step}\nwhich ends with {status}:\n{said}"


def show_console(block: Block, reader: Reader) -> None:
    """A terminal: `$ command`, and below it all that the command writes."""
    text = ""
    for command, shown in commands(block.text):
        said = shown if command in ELSEWHERE else reader.type(command)[1]
        same = re.fullmatch(as_pattern(shown), said)
        assert same or reader.update, f"{block.name} shows:\n$ {command}\n{shown}\nbut:\n{said}\n{ADVICE}"
        text += f"$ {command}\n{shown if same else said}"
    if text != block.text:
        reader.updates.append((block, text))


def run_lines(block: Block, reader: Reader) -> None:
    """Commands to be typed, what they write not being shown; a comment may say which exit status is meant."""
    for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
        command, _, comment = line.partition(" # ")
        wanted = re.search(r"exit status (\d)", comment)
        if command.strip() and command.strip() not in ELSEWHERE:
            status, said = reader.type(command.strip())
            assert status == (int(wanted[1]) if wanted else 0), f"{block.name}: {line} ends with {status}:\n{said}"


def run_beside(block: Block, reader: Reader) -> None:
    """A spec that speaks of the world beside it."""
    reader.write("specs/example.nps", block.text)
    status, said = reader.type("netpolspec run specs/example.nps")
    assert status == 0, f"{block.name}:\n{said}"


def run_spec(block: Block, reader: Reader) -> None:
    """A whole spec: it holds, or where it shows a mistake, is refused as its first line says."""
    reader.write("example.nps", block.text)
    status, said = reader.type("netpolspec run example.nps")
    (reader.folder / "example.nps").unlink()
    if not block.is_wrong:
        assert status == 0, f"{block.name}:\n{said}"
        return
    message = block.text.splitlines()[0].removeprefix("# ")
    assert message.startswith("error: "), f"{block.name}: the first line says how it is refused"
    assert (status, said.splitlines()[0]) == (2, message), f"{block.name}:\n{said}"


def understand_yaml(block: Block, reader: Reader) -> None:
    """Manifests, or steps of a job on GitHub."""
    documents = list(yaml.safe_load_all(block.text))
    if all(isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys() for each in documents):
        reader.write("example/example.yaml", block.text)
        status, said = reader.type("netpolspec check --color never example/example.yaml")
        shutil.rmtree(reader.folder / "example")
        assert status == 0, f"{block.name}:\n{said}"
        return
    steps = read_ci("steps.yml", block.text)
    assert steps, f"{block.name}: neither manifests nor steps of a job"
    for step in steps:
        run_step(block, step, reader)


def understand_terraform(block: Block, reader: Reader) -> None:
    """A root module beside the checkout's terraform/."""
    reader.write("example/main.tf", block.text)
    (reader.folder / "example/terraform").symlink_to(ROOT / "terraform")
    status, said = reader.type("netpolspec render --terraform static example")
    shutil.rmtree(reader.folder / "example")
    assert status == 0, f"{block.name}:\n{said}"


def load_settings(block: Block, reader: Reader) -> None:
    """Settings in pyproject.toml, beside which there is a folder `policies`."""
    path = reader.folder / "pyproject.toml"
    before = path.read_text("utf-8")
    path.write_text(block.text, "utf-8")
    reader.write("policies/example.yaml", "")
    status, said = reader.type("netpolspec check -e 'given namespace a'")
    shutil.rmtree(reader.folder / "policies")
    path.write_text(before, "utf-8")
    assert status == 0, f"{block.name}:\n{said}"


def load_json(block: Block, _: Reader) -> None:
    """JSON."""
    json.loads(block.text)


def see_region(block: Block, _: Reader) -> None:
    """A picture that `netpolspec embed` wrote: test_embedded.py sees that it is up to date."""
    above = block.page.read_text("utf-8").splitlines()[: block.line - 1]
    assert next(line for line in reversed(above) if line).startswith("<!-- netpolspec picture "), block.name


TREATMENTS: Mapping[str, Callable[[Block, Reader], None]] = {
    "console": show_console,
    "sh": run_lines,
    "nps": run_spec,
    "make": run_beside,  # what GitHub can colour, in README.md
    "yaml": understand_yaml,
    "hcl": understand_terraform,
    "toml": load_settings,
    "json": load_json,
    "mermaid": see_region,
}
FILES_ONLY = {"markdown", "groovy", "html", "ini"}
"""Languages in which a block must be a file, which what follows on the page reads."""
