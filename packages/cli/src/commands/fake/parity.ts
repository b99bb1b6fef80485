/**
 * `checkpoint-permissions parity`: finds the settings of the fake that behave like a real server.
 *
 * @since 0.1.0
 */

import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CommandError, incomplete, refused, wrongUse } from "../../internal/failure.ts"
import { decoded, file, flag, option, optional } from "../../internal/input/option.ts"
import { force, rateOf, rateOrVariable, serverOptions } from "../../internal/input/options.ts"
import * as output from "../../internal/output/file.ts"
import type { Subject } from "../../internal/parity/cleanup.ts"
import { report } from "../../internal/parity/outcomes.ts"
import * as Parity from "../../internal/parity/parity.ts"
import { recordOf } from "../../internal/parity/record.ts"
import { defineCommand, type OptionsOf } from "../../internal/run.ts"
import { withPermissions } from "../../internal/server/server.ts"
import * as Screen from "../../internal/terminal/screen.ts"

const config = {
  record: file("record", "Write the settings for emulator --settings, with the reason of each."),
  checkpoint: option("checkpoint", "checkpoint", decoded(CheckpointId)).pipe(
    optional("The fine-tuned model to list. Best: one with more than 100 permissions.")
  ),
  project: option("project", "project", decoded(ProjectId)).pipe(
    optional("With --writes: a project without access, to grant and revoke.")
  ),
  writes: flag("writes", "Also grant and revoke. Shows its requests first, and asks for confirmation."),
  yes: flag("yes", "With --writes: skip the confirmation."),
  force,
  rate: rateOf("6 a minute"),
  ...serverOptions
}

type Parsed = OptionsOf<typeof config>

/** The default rate: below the measured quota of the real server. */
const byDefault = { requests: 6, per: Duration.minutes(1) }

const subjectOf = ({ checkpoint, project, writes }: Parsed): Effect.Effect<Subject | undefined, CommandError> => {
  if (!writes) {
    return Option.isSome(project) ? wrongUse("parity: --project requires --writes") : Effect.succeed(undefined)
  }
  return Option.isSome(checkpoint) && Option.isSome(project)
    ? Effect.succeed({ checkpoint: checkpoint.value, project: project.value })
    : wrongUse("parity: --writes requires --checkpoint and --project")
}

const confirmed = Effect.fnUntraced(function* (subject: Subject, yes: boolean) {
  const screen = yield* Screen.Screen
  yield* screen.warn(
    ["parity --writes sends its reads, and these requests:", ...Parity.requestsOfRun(subject)].join("\n  ")
  )
  if (yes) return
  const answer = yield* screen.ask(`Type ${screen.err.bold("yes")} to confirm: `)
  if (answer === undefined) {
    return yield* refused("parity: no terminal to ask for confirmation: pass --yes")
  }
  if (answer !== "yes") return yield* refused("parity: not confirmed, nothing sent")
})

const run = Effect.fnUntraced(function* (options: Parsed) {
  const screen = yield* Screen.Screen
  const subject = yield* subjectOf(options)
  const target = Option.map(options.record, (path) => ({ what: "record", path, force: options.force }))
  if (Option.isSome(target)) yield* output.check(target.value)
  const { per, requests } = Option.getOrElse(yield* rateOrVariable(options.rate), () => byDefault)
  yield* withPermissions(
    { ...options, rate: Option.some({ per, requests }) },
    Option.toArray(options.checkpoint),
    (permissions, { apiUrl, client }) =>
      Effect.gen(function* () {
        if (subject !== undefined) yield* confirmed(subject, options.yes)
        const { left, outcomes } = yield* Parity.run(permissions, client, {
          checkpoint: Option.getOrUndefined(options.checkpoint),
          subject,
          interval: Duration.unsafeDivide(per, requests)
        })
        yield* screen.print(report(outcomes, screen.out))
        if (Option.isSome(target)) {
          const at = DateTime.formatIso(yield* DateTime.now)
          yield* output.write(target.value, recordOf({ outcomes, apiUrl, at }))
          yield* screen.note(`Written to ${target.value.path}`)
        }
        if (left.length > 0) {
          return yield* incomplete("parity: not every permission that it granted could be deleted")
        }
      })
  )
})

/** @category commands */
export const parity = defineCommand("parity", config, run, {
  explainsShared: ["--rate", "--yes"],
  summary: "Probe a server and record emulator settings.",
  details: [
    `Without --writes it sends at most ${Parity.maxReads} GETs, six a minute of each kind. It does not probe the rate. With --writes it also grants the project, and deletes only its own permissions, even after an interruption. A project that already has access is refused.`,
    "Each setting is found, not observable or not asked; the last two have a reason."
  ],
  examples: {
    "parity --checkpoint ft:a --record parity.json": "reads only",
    "parity --writes --checkpoint ft:a --project proj_spare": "with a grant that is revoked again",
    "emulator --settings parity.json": "a fake with the settings that were found"
  }
})
