#!/usr/bin/env bash
# Unpacks a release archive, or the Debian package, in a root folder that has the C library and nothing else, without network,
# and does the main job there: the demo, then the scores of one of its photos.
#
# usage: packaging/try-in-bare-root.sh ARCHIVE|PACKAGE.deb
#        as root, or where user namespaces are allowed
set -euo pipefail
archive=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{lib64,lib/x86_64-linux-gnu,tmp,home,proc,usr}
for library in ld-linux-x86-64 libc libm libpthread libdl librt libutil; do
    file=$(ls /lib/x86_64-linux-gnu/$library.so.[0-9] 2>/dev/null | head -1)
    [ -z "$file" ] || cp -L "$file" "$root/lib/x86_64-linux-gnu/"
done
cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
case $archive in
    *.deb) dpkg-deb -x "$archive" "$root" ;;
    *) tar --strip-components=1 -C "$root/usr" -xf "$archive" ;;
esac

inside() { # one command in there, with no network and no variable of ours
    env -i HOME=/home TERM=dumb unshare --mount --net --pid --fork --map-root-user bash -c \
        'mount -t proc proc "$1/proc" 2>/dev/null || true; exec chroot --userspec=0:0 "$@"' bash "$root" "$@"
}

inside /usr/bin/retrain --version
inside /usr/bin/retrain demo --plain | tail -4
photo=$(find "$root" -name '*.jpg' -not -path "$root/proc/*" | head -1)
inside /usr/bin/retrain predict last "${photo#"$root"}" | grep -q 'score = '
echo "the demo ran in a bare root folder without network, and its head scores a photo"
