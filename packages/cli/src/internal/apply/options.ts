/** The options of every command that carries out a plan. */
import type { Given } from "../help/described.ts"
import { flag, integer, option, optional, parsed, text } from "../input/option.ts"
import { file, maxDuration } from "../input/parameters.ts"

export const journalOptions = {
  journal: file("journal", "Write each change down here, before and after it, at the end of the file."),
  actor: text("actor", "name").pipe(optional("Who does it, for the journal. Otherwise GITHUB_ACTOR or USER."))
}

export const applyOptions = {
  yes: flag("yes", "Revoke without asking."),
  maxRevokes: option(
    "max-revokes",
    "number",
    parsed(integer({ from: 0 }), "not a number of permissions: pass 0 or more")
  ).pipe(optional("Refuse a plan that revokes more permissions than this. 10 by default.")),
  ...journalOptions,
  backup: file(
    "backup",
    "Save access as it was before here, as a policy. A file that is there stays, and the apply is refused."
  ),
  maxDuration,
  json: flag("json", "Print each step as a line of JSON, and a summary at the end.")
}

export interface ApplyOptions extends Given<typeof applyOptions> {}
