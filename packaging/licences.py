#!/usr/bin/env python3
"""Prints the licences of all packages that are linked into `retrain`: a table of packages, then each text
once, with the packages that it is of. Ends with an error where a package names no licence.

usage: licences.py [TARGET]      such as x86_64-unknown-linux-gnu; for it alone packages are counted
"""

import json
import pathlib
import re
import subprocess
import sys

# What licence files are called.
FILES = re.compile(r"(licen[cs]e|copying|notice|unlicense|copyright)", re.IGNORECASE)

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def linked(target):
    """Packages that the program is linked with, sorted by name, as `cargo metadata` describes them."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in told["packages"]}
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    found = set()
    left = [id for id, package in packages.items() if package["name"] == "retrain"]
    while left:
        id = left.pop()
        if id in found:
            continue
        found.add(id)
        # Those with no kind are linked; the others build or test.
        left += [d["pkg"] for d in nodes[id]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]
    # A package without a source is a part of this project.
    others = [packages[id] for id in found if packages[id]["source"]]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The licence texts that a package comes with; of one without, the text of the MIT licence."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and FILES.match(file.name))
    if named := package.get("license_file"):
        files.append(folder / named)
    read = [file.read_text(errors="replace").strip() + "\n" for file in dict.fromkeys(files)]
    if read:
        return read
    if "MIT" not in (package["license"] or ""):
        sys.exit(f"{package['name']} {package['version']} comes without the text of its licence, "
                 f"{package['license']}: add it here")
    authors = ", ".join(package["authors"]) or f"the authors of {package['name']}"
    return [f"MIT License\n\nCopyright (c) {authors}\n\n{MIT}"]


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "x86_64-unknown-linux-gnu"
    packages = linked(target)
    unnamed = [p["name"] for p in packages if not p["license"] and not p["license_file"]]
    if unnamed:
        sys.exit(f"no licence is named by: {', '.join(unnamed)}")
    of = {}
    for package in packages:
        for text in texts(package):
            of.setdefault(text, []).append(f"{package['name']} {package['version']}")
    print(f"retrain is linked with these {len(packages)} packages, and with Rust's standard library, whose\n"
          "licences are those of COPYRIGHT-library.html in every Rust toolchain. Where several licences are\n"
          "joined by OR, any one of them may be chosen.\n")
    for package in packages:
        name = f"{package['name']} {package['version']}"
        print(f"{name:40} {package['license'] or 'see below'}")
        print(f"{'':40} {package['repository'] or package['homepage'] or ''}".rstrip())
    for text, names in of.items():
        print(f"\n{'=' * 100}\n{', '.join(names)}\n{'-' * 100}\n\n{text}", end="")


main()
