#!/usr/bin/env bash
# Makes the release archive and a Debian package from this tree, in target/release-archive, and tries
# both in a bare root folder without network.
#
# usage: packaging/release.sh [--untried]      --untried: where one is not root
set -euo pipefail
cd "$(dirname "$0")/.."

# Of 2012 (2.17), so that every Linux of the last years has a later one.
glibc=2.17
target=x86_64-unknown-linux-gnu
version=$(cargo metadata --format-version 1 --no-deps | python3 -c '
import json, sys
print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "retrain"))')
name=retrain-$version-x86_64-linux
out=target/release-archive
tree=$out/$name

# Tools in a folder of their own.
[ -x target/release-tools/bin/cargo-zigbuild ] || {
    python3 -m venv target/release-tools
    target/release-tools/bin/pip install --quiet -r packaging/versions.txt
}
export PATH="$PWD/target/release-tools/bin:$PATH"

cargo zigbuild --locked --profile dist --bin retrain --target "$target.$glibc"
program=target/$target/dist/retrain

# What it asks of the machine: no version of glibc above, and no library that is not part of it.
newest=$(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -1)
[ "$(printf '%s\n' "$newest" "$glibc" | sort -V | tail -1)" = "$glibc" ] ||
    { echo "$program needs glibc $newest, expected at most $glibc" >&2; exit 1; }
others=$(objdump -p "$program" | awk '$1 == "NEEDED" { print $2 }' |
    grep -vE '^(libc|libm|libpthread|libdl|librt|libutil|ld-linux-x86-64)\.so\.' || true)
[ -z "$others" ] || { echo "$program needs libraries that may be missing: $others" >&2; exit 1; }

rm -rf "$tree" "$tree.tar.gz"
doc=$tree/share/doc/retrain
mkdir -p "$tree/bin" "$doc" "$tree/share/bash-completion/completions" \
    "$tree/share/zsh/site-functions" "$tree/share/fish/vendor_completions.d"
install -m 755 "$program" "$tree/bin/retrain"
"$tree/bin/retrain" completions bash >"$tree/share/bash-completion/completions/retrain"
"$tree/bin/retrain" completions zsh >"$tree/share/zsh/site-functions/_retrain"
"$tree/bin/retrain" completions fish >"$tree/share/fish/vendor_completions.d/retrain.fish"
"$tree/bin/retrain" man "$tree/share/man/man1"
cp -r README.md CHANGELOG.md LICENSE docs "$doc"
cp assets/*.LICENSE.txt "$doc"
python3 packaging/licences.py "$target" >"$doc/THIRD-PARTY.txt"
cp "$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html" "$doc"
cp packaging/INSTALL.txt "$tree"

# The same bytes from the same tree: names in order, no owner, the time of the last commit.
time=$(git log -1 --format=%ct)
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -cf - "$name" |
    gzip -9n >"$tree.tar.gz"

# The same files as a Debian package.
package=$out/deb
rm -rf "$package"
mkdir -p "$package/DEBIAN" "$package/usr"
cp -r "$tree/bin" "$tree/share" "$package/usr"
cp LICENSE "$package/usr/share/doc/retrain/copyright"
find "$package/usr/share/man" -name '*.1' -exec gzip -9n {} +
cat >"$package/DEBIAN/control" <<CONTROL
Package: retrain
Version: $version
Architecture: amd64
Maintainer: the authors of retrain <retrain@localhost>
Section: science
Priority: optional
Depends: libc6 (>= $glibc)
Installed-Size: $(du -sk "$package/usr" | cut -f1)
Description: teach a network your own image categories, from a terminal
 Retrains the last layer of Inception v3 or another network on folders of photos,
 shows live charts and every photo with its scores, and compares runs.
CONTROL
SOURCE_DATE_EPOCH=$time dpkg-deb --root-owner-group --build "$package" \
    "$out/retrain_${version}_amd64.deb" >/dev/null

(cd "$out" && sha256sum "$name.tar.gz" "retrain_${version}_amd64.deb" >SHA256SUMS)
ls -l "$out"/*.gz "$out"/*.deb
echo "needs glibc $newest; libraries: $(objdump -p "$program" | awk '$1 == "NEEDED" { printf "%s ", $2 }')"
[ "${1:-}" = --untried ] || for packed in "$tree.tar.gz" "$out/retrain_${version}_amd64.deb"; do
    packaging/try-in-bare-root.sh "$packed"
done
