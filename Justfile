# What people do often; `just` lists it. Without just: `bin/just`, which sets the checkout up first.
# A recipe takes what its tool takes: `just test tests/policy -k ports`, `just lint --fix`.

set positional-arguments

uv := ".tools/uv/bin/uv"
export PATH := justfile_directory() / ".venv/bin" + ":" + env("PATH")
export UV_PROJECT_ENVIRONMENT := ".venv"
# Where it is set, every start compiles everything anew: the tests start netpolspec often.
export PYTHONDONTWRITEBYTECODE := ""

[private]
default:
    @just --list --unsorted

# Everything that CI checks.
check: lint types grammar consumers test site wheel

# Run the tests on all cores, or in one process those that are named.
test *arguments="--numprocesses=auto": setup
    pytest "$@"

# Run the end-to-end tests on kind clusters that they make and delete (docker, kind and kubectl; many minutes).
e2e *arguments: setup
    pytest -m e2e --verbose --durations=15 "$@"

# Run all of specs/ on the model.
specs *arguments: setup
    netpolspec run "$@" specs

# Write what the program prints into the golden files, then read the diff.
golden *arguments: setup
    -pytest --quiet --update-golden "$@"
    git status --short -- tests

# Have the property and fuzz tests try 3000 examples each, new ones each time (minutes).
fuzz *arguments: setup
    pytest --numprocesses auto --hypothesis-profile deep -m hypothesis "$@"

# Complain about style, formatting and a lock file that is out of date.
lint *arguments: setup
    ruff check "$@"
    ruff format --check
    {{ uv }} lock --check --quiet

# Mend what can be mended, and format.
format: setup
    ruff check --fix
    ruff format

# Check the types.
types *arguments: setup
    mypy "$@"

# Check the documents: that links lead somewhere, and that what they show is so.
docs *arguments: setup
    pytest tests/docs tests/commands/test_docs.py tests/lint/test_pages.py tests/project "$@"

# Make a site of the documentation, in site/, and check it; the same environment tries the hooks for pre-commit.
site: setup
    {{ uv }} run --quiet --isolated --locked --no-default-groups --group test --group docs \
        pytest --quiet tests/docs/test_site.py tests/docs/test_hooks.py

# Print how fast it is.
bench *arguments: setup
    for benchmark in benchmarks/*.py; do python "$benchmark" "$@"; done

# Build the wheel, by way of the sdist, and run the tests against it: a clean environment, another folder.
wheel *arguments="--numprocesses=auto": setup
    #!/bin/sh
    set -eu
    root=$PWD build=$PWD/build/wheel
    rm -rf "$build"
    {{ uv }} build --quiet --out-dir "$build"
    {{ uv }} venv --quiet --python .venv/bin/python "$build/venv"
    {{ uv }} export --quiet --locked --no-default-groups --group test --no-emit-project --output-file "$build/locked.txt"
    {{ uv }} pip install --quiet --python "$build/venv" --requirements "$build/locked.txt"
    {{ uv }} pip install --quiet --python "$build/venv" --no-deps "$build"/*.whl
    mkdir "$build/elsewhere"
    cd "$build/elsewhere"
    NETPOLSPEC_TESTS_INSTALLED=1 "$build/venv/bin/python" -I -m pytest -c "$root/pyproject.toml" \
        -p no:cacheprovider -m 'not checkout' "$root/tests" "$@"

# Run the tests on each Python that is here, from 3.11 to 3.14.
pythons *arguments="--numprocesses=auto": consumers
    #!/bin/sh
    set -eu
    for version in 3.11 3.12 3.13 3.14; do
        if {{ uv }} python find --quiet --no-project "$version" >/dev/null 2>&1; then
            echo "== Python $version"
            UV_PROJECT_ENVIRONMENT="build/python$version" {{ uv }} run --locked --python "$version" \
                --no-default-groups --group test pytest --quiet "$@"
        else
            echo "== Python $version is not here: left out"
        fi
    done

# Prove that no two terminals of the grammar compete; what lark needs for it slows every start, so it is not in .venv.
grammar: setup
    {{ uv }} run --quiet --isolated --locked --no-default-groups --group test --group grammar \
        pytest --quiet tests/syntax/test_grammar.py

# Fetch the TAP consumers that the tests compare with: a newer Test::Harness, and node's tap-parser.
consumers: setup
    @python tests/consumers/fetch.py

# Set the checkout up; the other recipes do it by themselves.
setup:
    @bin/setup dev

# Bring the lock file up to date with pyproject.toml, or with --upgrade with what has been released.
lock *arguments: setup
    {{ uv }} lock "$@"

# Pin another uv for bin/setup, by the hashes of its files.
pin-uv version: setup
    #!/bin/sh
    set -eu
    pinned=$(echo 'uv=={{ version }}' | {{ uv }} pip compile --quiet --generate-hashes --universal --no-header --no-annotate -)
    printf '%s\n' '# The one tool that cannot come from uv.lock: uv itself. Written by `just pin-uv VERSION`.' "$pinned" >bin/uv.txt

# Remove what the recipes built, but not the environments.
clean:
    rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
