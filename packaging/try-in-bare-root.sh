#!/usr/bin/env bash
# Unpacks a release archive, or the Debian package, in a root folder that has the C library and nothing else, without network,
# and does the main job there: the demo, then the scores of one of its photos.
#
# usage: packaging/try-in-bare-root.sh ARCHIVE|PACKAGE.deb
#        as root
set -euo pipefail
archive=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{lib64,lib/x86_64-linux-gnu,tmp,home,proc,dev,usr}
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
    env -i HOME=/home TERM=dumb unshare --mount --net --pid --fork bash -c \
        'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$@"' bash "$root" "$@"
}

inside /usr/bin/retrain --version
inside /usr/bin/retrain demo --plain | grep -a 'accuracy = '
photo=$(find "$root/data" -name '*.jpg' -print -quit)
inside /usr/bin/retrain predict last "${photo#"$root"}"
echo "the demo ran in a bare root folder without network, and its head scores a photo"
