"""What a shell completes: commands, options, registered names and files."""

import shutil
import subprocess
import sys

import pytest

import genzoo
from genzoo.cli import main
from genzoo.cli.command_words import COMMAND_WORDS

COMPLETE = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_shtab_genzoo
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def script(tmp_path, capsys):
    assert main(["completion", "bash"]) == 0
    path = tmp_path / ".genzoo.bash"
    path.write_text(capsys.readouterr().out)
    return path


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("genzoo com", {"compare", "completion"}),
        ("genzoo compare --match", {"--match"}),
        ("genzoo compare -m gan_", set(genzoo.list_models("gan_*"))),
        ("genzoo compare -d sp", {"spirals", "spoons.csv"}),
        ("genzoo train va", {"vae"}),
        ("genzoo train vae -d two", {"two_moons"}),
        ("genzoo bench pac", {"packing"}),
        ("genzoo compare --match up", {"updates"}),
        ("genzoo compare --protocol ", {"spoons.csv", *genzoo.list_protocols()}),
        ("genzoo list so", {"sources"}),
        ("genzoo explain js", {"js", "js_exact", "js_stack"}),
        ("genzoo compare --metrics qu", {"quick"}),
    ],
)
def test_bash_completes(words, expected, script, tmp_path):
    (tmp_path / "spoons.csv").write_text("1\n2\n")
    if words.endswith(" "):
        words += "''"
    done = subprocess.run(
        ["bash", "-c", COMPLETE.format(script=script, words=words)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) - {".genzoo.bash"} == expected


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_know_every_command(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMAND_WORDS)


def test_without_shtab_it_is_said_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install 'genzoo[completion]'" in capsys.readouterr().err
