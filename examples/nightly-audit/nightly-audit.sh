#!/bin/sh
# Writes audit.html, audit.json and drift.md to the folder that is named, and prints drift.md if there is any drift.
# Exit code: 0 all is as policy.yaml says, 3 drift, 4 not everything could be read, others as the command line has them.
set -u

out=${1:?usage: nightly-audit.sh <folder>}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
policy=${POLICY:-$here/policy.yaml}
PATH=$here/node_modules/.bin:$PATH
mkdir -p "$out" || exit 1
# What is told on the way is shown only where something is wrong: cron mails every line.
exec 3>&2 2>"$out/log.txt"
trap 'code=$?; [ "$code" -eq 0 ] || cat "$out/log.txt" >&3' EXIT

# The page of an audit that is incomplete is written too: it says what is unknown.
checkpoint-permissions audit --from "$policy" --rate 8/minute --json --force --out "$out/audit.json"
audit=$?
case $audit in
  0 | 4) ;;
  *) exit $audit ;;
esac
checkpoint-permissions audit --from "$out/audit.json" --format html --title "Access, $(date -u +%F)" \
  --force --out "$out/audit.html"
page=$?
case $page in
  0 | 4) ;;
  *) exit $page ;;
esac

# Reads again: what it calls drift was so a moment ago.
checkpoint-permissions plan --file "$policy" --rate 8/minute --exit-code --format markdown >"$out/drift.md"
drift=$?
case $drift in
  0) exit $audit ;;
  *) cat "$out/drift.md"; exit $drift ;;
esac
