"""The ast-grep rules of the house hold in src/, and each rule is tried on cases."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
AST_GREP = Path(sys.executable).parent / "ast-grep"
RULES = sorted(path.stem for path in (ROOT / "rules").glob("*.yml"))


@pytest.mark.parametrize("command", ["test", "scan"])
def test_ast_grep(command: str) -> None:
    run = subprocess.run([AST_GREP, command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_cases(rule: str) -> None:
    # ast-grep itself says nothing about a rule that no case tries
    cases = (ROOT / "rule-tests" / f"{rule}.yml").read_text()
    assert "\nvalid:\n  - " in cases
    assert "\ninvalid:\n  - " in cases
    assert (ROOT / "rule-tests" / "__snapshots__" / f"{rule}-snapshot.yml").exists()


def test_there_are_rules() -> None:
    assert RULES
