"""``python -m hub.cli``: the same as ``hub``, without needing it on the PATH."""

from hub.cli import main

if __name__ == "__main__":
    main(prog_name="hub")
