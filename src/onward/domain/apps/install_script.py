"""The script that stands beside a program in its ``.tar.gz``: it installs, and takes away again, with sh alone."""

from onward.domain.apps.model import App


def install_script(app: App) -> str:
    """Give a POSIX shell script; ``@PROGRAM@`` in the menu entry becomes the installed path."""
    return _SCRIPT.replace("@SLUG@", app.slug)


_SCRIPT = r"""#!/bin/sh
# Installs for you alone into ~/.local, or with `--prefix /usr/local` for all; `--uninstall` takes it away.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${HOME:-}/.local
remove=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -gt 1 ] || { echo "--prefix needs a folder" >&2; exit 2; }; prefix=$2; shift ;;
    --uninstall) remove=yes ;;
    *) echo "usage: install.sh [--prefix FOLDER] [--uninstall]" >&2; exit 2 ;;
  esac
  shift
done
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
target=$prefix/lib/@SLUG@
command=$prefix/bin/@SLUG@
if [ -e "$target" ] && [ ! -x "$target/@SLUG@" ]; then
  echo "$target is there and is not this program; nothing was changed" >&2
  exit 1
fi
if [ -e "$command" ]; then
  case $(readlink "$command") in
    */lib/@SLUG@/@SLUG@) ;;
    *) echo "$command is there and starts something else; nothing was changed" >&2; exit 1 ;;
  esac
fi
forget() {
  rm -rf "$target" "$target.new"
  rm -f "$command"
  (cd "$here/share" && find . -type f) | while IFS= read -r file; do rm -f "$prefix/share/$file"; done
}
refresh() {
  for tool in update-desktop-database:applications update-mime-database:mime; do
    command -v "${tool%%:*}" >/dev/null 2>&1 && "${tool%%:*}" "$prefix/share/${tool##*:}" >/dev/null 2>&1 || :
  done
}
if [ $remove = yes ]; then
  forget
  refresh
  echo "removed from $prefix"
  exit 0
fi
mkdir -p "$prefix/lib" "$prefix/bin"
rm -rf "$target.new"
trap 'rm -rf "$target.new"' EXIT
cp -R "$here/@SLUG@" "$target.new"
rm -rf "$target"
mv "$target.new" "$target"
ln -sf "$target/@SLUG@" "$command"
(cd "$here/share" && find . -type f) | while IFS= read -r file; do
  mkdir -p "$(dirname "$prefix/share/$file")"
  cp "$here/share/$file" "$prefix/share/$file"
done
# quoted as an argument and as a value of the Desktop Entry Specification, then for sed
quoted=$(printf '%s' "$target/@SLUG@" | sed -e 's/\\/\\\\\\\\/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g' | sed 's/[\\&|]/\\&/g')
sed "s|@PROGRAM@|\"$quoted\"|" "$here/share/applications/@SLUG@.desktop" > "$prefix/share/applications/@SLUG@.desktop"
refresh
echo "installed: $command"
"""
