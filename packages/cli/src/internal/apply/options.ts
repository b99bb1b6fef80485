/** The options of every command that carries out a plan. */
import * as Options from "@effect/cli/Options"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { digits, file, maxDuration, option } from "../input/parameters.ts"

const Count = Schema.NonNegativeInt.annotations({
  message: () => ({ message: "not a number of permissions: pass 0 or more", override: true })
})

export const applyOptions = {
  yes: Options.boolean("yes").pipe(Options.withDescription("Revoke without asking.")),
  maxRevokes: option({ name: "max-revokes", pseudoName: "number", schema: Count, prepare: digits }).pipe(
    Options.withDescription("Refuse a plan that revokes more permissions than this. 10 by default."),
    Options.optional
  ),
  journal: file("journal", "Write each change down here, before and after it, at the end of the file."),
  actor: Options.text("actor").pipe(
    Options.withPseudoName("name"),
    Options.withDescription("Who applies, for the journal. Otherwise GITHUB_ACTOR or USER."),
    Options.optional
  ),
  backup: file(
    "backup",
    "Save access as it was before here, as a policy. A file that is there stays, and the apply is refused."
  ),
  maxDuration,
  json: Options.boolean("json").pipe(
    Options.withDescription("Print each step as a line of JSON, and a summary at the end.")
  )
}

export interface ApplyOptions {
  readonly yes: boolean
  readonly maxRevokes: Option.Option<number>
  readonly journal: Option.Option<string>
  readonly actor: Option.Option<string>
  readonly backup: Option.Option<string>
  readonly maxDuration: Option.Option<Duration.Duration>
  readonly json: boolean
}
