# What CI and developers run. `uv run just` lists the recipes.

# uv names itself to what it runs, so `python -m uv run just` works as well
uv := env("UV", "uv")

_list:
    @{{ just_executable() }} --list --unsorted

# make or refresh .venv
sync:
    {{ uv }} sync

# every static check
lint:
    {{ uv }} run ruff check
    {{ uv }} run ruff format --check
    {{ uv }} run ty check
    {{ uv }} run ast-grep test
    {{ uv }} run ast-grep scan

# mend what ruff can mend by itself
fix:
    {{ uv }} run ruff check --fix
    {{ uv }} run ruff format

# the test suite
test *args:
    {{ uv }} run pytest -n 2 {{ args }}

# the unit tests of crimson-zig; `just zig` builds it into crimson-zig/zig-out
zig-test *args:
    cd crimson-zig && {{ uv }} run python -m ziglang build test {{ args }}

# build crimson-zig as a developer does; tests and the plugin build their own
zig *args:
    cd crimson-zig && {{ uv }} run python -m ziglang build {{ args }}

# build crimson-zig for the other platforms that it is held to
zig-cross *args:
    cd crimson-zig && {{ uv }} run python -m ziglang build cross {{ args }}

# the tests that take minutes each, all of them
test-long *args:
    CRIMSON_LONG_TESTS=1 {{ uv }} run pytest -n 2 tests/test_zig_rush.py tests/test_zig_typo.py tests/test_zig_cross.py tests/test_zig_readme.py {{ args }}

# the parity run over the captures of the repository, with both candidates
parity *args:
    {{ uv }} run pytest --parity --parity-require=zig captures/ -n 2 {{ args }}

# random runs by both candidates, compared to the last bit
fuzz *args:
    {{ uv }} run crimson-dbg fuzz --modes all {{ args }}

# every quest at both difficulties, played to its end by both candidates: an hour
quests *args:
    {{ uv }} run python scripts/play_quests.py {{ args }}

# make captures/ anew: the same bytes every time
captures *args:
    {{ uv }} run python scripts/make_captures.py {{ args }}

# make corpus/ anew: the same bytes every time; with --new only what is not there yet
corpus *args:
    {{ uv }} run python scripts/make_corpus.py {{ args }}

# damaged replays and traces, put to crimson-zig for ten minutes
fuzz-files *args:
    {{ uv }} run python scripts/fuzz_files.py --seconds 600 {{ args }}

# the measurements of docs and targets, as ratios in one run
bench *args:
    {{ uv }} run python benchmarks/bench.py {{ args }}

# after a change of a rule or its cases: accept what it finds now
rules:
    {{ uv }} run ast-grep test --update-all

# build the wheel, install it in a fresh environment, try it
wheel-test *args:
    {{ uv }} run pytest tests/test_packaging.py {{ args }}

# what CI checks
ci: lint parity test
