#!/bin/sh
# Writes drift.md and audit.html to the folder that is named, and prints drift.md if anything differs from the policy.
# Exit code: 0 all is as policy.yaml says, 3 drift, 4 not everything could be read, others as the command line has them.
set -u

out=${1:?usage: nightly-audit.sh <folder>}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
policy=${POLICY:-$here/policy.yaml}
PATH=$here/node_modules/.bin:$PATH
mkdir -p "$out" || exit 1
# Progress is shown only where something is wrong: cron mails every line.
exec 3>&2 2>"$out/log.txt"
trap 'code=$?; [ "$code" -eq 0 ] || cat "$out/log.txt" >&3' EXIT

# Who did it is in the audit log, if the key may read it (api.audit_logs.read).
checkpoint-permissions drift --file "$policy" --rate 8/minute --format markdown >"$out/drift.md"
drift=$?
case $drift in
  0) ;;
  3 | 4) cat "$out/drift.md" ;;
  *) exit $drift ;;
esac

# An incomplete audit is written to audit.html.partial, and says what is unknown.
checkpoint-permissions audit --from "$policy" --rate 8/minute --format html --force --out "$out/audit.html"
audit=$?
case $audit in
  0) exit $drift ;;
  *) exit $audit ;;
esac
