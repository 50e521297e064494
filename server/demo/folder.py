"""The demo's own folder in a data folder: its mark says whose the data are and whether they are whole.

<data>/demo/demo.json     the mark, `{"complete": true}`; there from before the first other file is made. On PostgreSQL
                          it names the `database` too, without the password, and the key of its `plate`: another one
                          is not the demo's
<data>/demo/…             keys and certificates (`authority`), and mail/ with the letters

Seeding that was interrupted is thrown away and begun anew; what was there before the demo is never touched.
"""

import json
import os
import secrets
import shutil
from pathlib import Path

MADE = ("files", "anchors", "crls")
"""What else the demo makes in the data folder, besides the database."""


class Foreign(Exception):
    """Somebody else's data; the text says what was found."""


class DemoFolder:
    """`<data>/demo`; `database` is the address of a server's, none where the database is a file of the folder."""

    def __init__(self, data_dir: Path, *, database: str | None = None) -> None:
        self._data_dir = data_dir
        self._database = database
        self.path = data_dir / "demo"
        self.mail = self.path / "mail"
        self._mark = self.path / "demo.json"
        self._draft = self.path / "demo.draft"

    @property
    def key(self) -> str | None:
        """Of the plate on a server's database; None where there is none."""
        key = self._marked().get("key")
        return key if isinstance(key, str) else None

    def is_complete(self) -> bool:
        """Whether a demo was made here to the end."""
        return self._marked().get("complete") is True and (self._database is not None or bool(self._databases()))

    def require_own(self) -> None:
        """Raise `Foreign` for data without the demo's mark."""
        # Killed before its mark was whole, a seeding leaves an empty folder or the draft.
        found = [*self._databases(), *self._others(), *(each for each in self.path.glob("*") if each != self._draft)]
        if found and not self._mark.exists():
            raise Foreign(f"{found[0]} is not the demo's; name another folder with --data-dir")
        named = self._marked().get("database")
        if self._mark.exists() and named != self._database:
            raise Foreign(f"the demo in {self._data_dir} is that of {named or 'cabinet.db'}; name another folder")

    def begin(self) -> None:
        """Mark the folder as the demo's, and throw away what an interrupted seeding left."""
        self.require_own()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(is_complete=False)
        for made in (*self._databases(), *self._others(), *self.path.iterdir()):
            if made != self._mark:
                _remove(made)

    def finish(self) -> None:
        """All is made."""
        self._write(is_complete=True)

    def _marked(self) -> dict[str, object]:
        try:
            found = json.loads(self._mark.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _databases(self) -> list[Path]:
        return sorted(self._data_dir.glob("cabinet.db*"))

    def _others(self) -> list[Path]:
        return [self._data_dir / name for name in MADE if (self._data_dir / name).exists()]

    def _write(self, *, is_complete: bool) -> None:
        mark: dict[str, object] = {"complete": is_complete}
        if self._database is not None:
            mark |= {"database": self._database, "key": self.key or secrets.token_hex(16)}
        self._draft.write_text(json.dumps(mark) + "\n", encoding="utf-8")
        os.replace(self._draft, self._mark)


def _remove(made: Path) -> None:
    if made.is_dir() and not made.is_symlink():
        shutil.rmtree(made)
    else:
        made.unlink()
