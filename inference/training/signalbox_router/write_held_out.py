"""Writes the held-out worlds as benchmark records, for `npm run eval -- --data FILE`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .records import held_out_records
from .worlds import load_worlds, split_held_out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=Path, default=Path(__file__).resolve().parent.parent / "worlds")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    _, held_out = split_held_out(load_worlds(options.worlds))
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in held_out_records(held_out)]
    options.out.write_text("".join(lines), "utf-8")
    print(f"{len(lines)} records of {len(held_out)} worlds: {', '.join(w.id for w in held_out)}")


if __name__ == "__main__":
    main()
