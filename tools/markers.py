"""Generated parts of Markdown files: what stands between `<!-- name -->` and `<!-- /name -->`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class MarkerError(Exception):
    """A file lacks the markers that say where its generated part goes."""


def replaced(text: str, name: str, generated: str) -> str:
    """Return the text with `generated` between the markers of that name and everything else as it was."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise MarkerError(
            f"The markers <!-- {name} --> and <!-- /{name} --> are missing. Put them where the part goes."
        )
    return pattern.sub(lambda found: f"{found[1]}{generated.strip()}\n{found[2]}", text, count=1)


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def rewrite(path: Path, name: str, generated: str, *, check: bool) -> bool:
    """Bring the file's generated part up to date unless `check`; tell whether it was out of date."""
    present = path.read_text()
    try:
        wanted = replaced(present, name, generated)
    except MarkerError as exc:
        raise MarkerError(f"{path.relative_to(ROOT)}: {exc}") from exc
    if wanted != present and not check:
        path.write_text(wanted)
    return wanted != present
