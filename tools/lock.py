"""Write the lock files: exact versions and hashes for every supported Python, and no address of an index."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMPILE = (
    *(sys.executable, "-m", "uv", "pip", "compile"),
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"),
)
LOCKS = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("pyproject.toml", "--extra", "local-broker", "--group", "dev"),
    "docker/build.lock": ("--group", "build"),
}


def main() -> None:
    """Write every lock file."""
    for name, sources in LOCKS.items():
        subprocess.run([*COMPILE, *sources, "--output-file", name], cwd=ROOT, check=True)  # noqa: S603 - our own command
        print(f"{name} written")


if __name__ == "__main__":
    main()
