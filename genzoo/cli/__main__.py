"""`python -m genzoo.cli`."""

from genzoo.cli.entry import run

if __name__ == "__main__":
    run()
