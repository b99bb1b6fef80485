/** The options of every command that applies a plan. */

import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import {
  dryRun,
  file,
  flag,
  force,
  integer,
  maxDuration,
  option,
  optional,
  out,
  parsed,
  text
} from "../input/option.ts"
import type { OptionsOf } from "../run.ts"

export const journalOptions = {
  journal: file("journal", "Append each change to this file, before and after it."),
  actor: text("actor", "name").pipe(
    optional("The name in the journal. Default: CHECKPOINT_PERMISSIONS_ACTOR, GITHUB_ACTOR, USER or the user id.")
  )
}

export const readLimit = parsed(integer({ from: 0 }), "not a number of permissions: pass 0 or more")

export const applyOptions = {
  yes: flag("yes", "Go ahead without asking."),
  dryRun,
  maxRevokes: option("max-revokes", "number", readLimit).pipe(
    optional("Refuse to revoke more permissions. 10 by default.")
  ),
  ...journalOptions,
  out: out("Save the executed plan here, with the access before it."),
  force,
  maxDuration,
  json: flag("json", "Print a line of JSON for each step, and a summary.")
}

export interface ApplyOptions extends OptionsOf<typeof applyOptions> {
  readonly maxSnapshotAge?: Option.Option<Duration.Duration> | undefined
}
