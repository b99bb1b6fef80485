/**
 * `checkpoint-permissions parity`: finds the settings of the fake that behave like a real server.
 *
 * @since 0.1.0
 */

import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CommandError, failed, incomplete, pending, refused, wrongUse } from "../../internal/failure.ts"
import { loadSettings } from "../../internal/input/document.ts"
import { decoded, file, firstGiven, flag, option, optional } from "../../internal/input/option.ts"
import { force, rateOf, rateOrVariable, serverOptions } from "../../internal/input/options.ts"
import * as output from "../../internal/output/file.ts"
import type { Subject } from "../../internal/parity/cleanup.ts"
import { report } from "../../internal/parity/outcomes.ts"
import * as Parity from "../../internal/parity/parity.ts"
import { recorder } from "../../internal/parity/transport.ts"
import { defineCommand, type OptionsOf } from "../../internal/run.ts"
import { withPermissions } from "../../internal/server/server.ts"
import * as Screen from "../../internal/terminal/screen.ts"

const config = {
  record: file("record", "Record the settings for emulator --settings, and the replies without ids, keys and names."),
  check: file("check", "Check that a recording has no identifying data. Needs no key."),
  replay: file("replay", "Compare a recording with the replies of a fake that has its settings. Needs no key."),
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

/** The module of recordings. It is loaded only when a run needs it, since its words of the API take memory. */
const recordings = Effect.promise(() => import("../../internal/parity/recording/replay.ts"))

/** Checks a recording and, for a replay, prints the differences. Fails with a line for each fault in the file. */
const readRecording = Effect.fnUntraced(function* (path: string, isReplay: boolean) {
  const { named, value } = yield* loadSettings(path)
  const { comparable, differencesOf, read } = yield* recordings
  const recording = read(value)
  if (Either.isLeft(recording)) return yield* wrongUse(...recording.left.map((fault) => `${named}: ${fault}`))
  const { parity } = recording.right
  const differences = isReplay ? differencesOf(recording.right) : []
  yield* Screen.print(differences.map((line) => `${line}\n`).join(""))
  if (differences.length > 0) return yield* pending
  const requests = isReplay ? comparable(parity.requests) : parity.requests
  const result = isReplay ? "no difference" : "valid, without ids, names and keys"
  yield* Screen.print(`${pluralize(requests.length, "request")} of ${parity.at}: ${result}\n`)
})

const run = Effect.fnUntraced(function* (options: Parsed) {
  const offline = firstGiven(options, "check", "replay")
  if (offline !== undefined) {
    const others = firstGiven(options, "record", "checkpoint", "project", "writes")
    const other = offline === "--check" ? (firstGiven(options, "replay") ?? others) : others
    if (other !== undefined) return yield* wrongUse(`parity: ${offline} cannot be combined with ${other}`)
    if (Option.isSome(options.check)) return yield* readRecording(options.check.value, false)
    if (Option.isSome(options.replay)) return yield* readRecording(options.replay.value, true)
  }
  const screen = yield* Screen.Screen
  const subject = yield* subjectOf(options)
  const target = Option.map(options.record, (path) => ({ what: "record", path, force: options.force }))
  if (Option.isSome(target)) yield* output.check(target.value)
  const { per, requests } = Option.getOrElse(yield* rateOrVariable(options.rate), () => byDefault)
  const { sent, through } = recorder()
  yield* withPermissions(
    { ...options, rate: Option.some({ per, requests }), transformClient: through },
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
          const { recordOf, textOf } = yield* recordings
          const recording = yield* Either.mapLeft(recordOf({ outcomes, sent: sent(), apiUrl, at }), ([fault]) =>
            failed(`parity: the recording was not written: ${fault ?? "it has values that are not allowed"}`)
          )
          yield* output.write(target.value, textOf(recording))
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
    "Each setting is found, not observable or not asked; the last two have a reason. Exit code of --replay: 3 if a reply of the fake differs."
  ],
  examples: {
    "parity --checkpoint ft:a --record parity.json": "reads only",
    "parity --writes --checkpoint ft:a --project proj_spare": "with a grant that is revoked again",
    "emulator --settings parity.json": "a fake with the recorded settings",
    "parity --replay parity.json": "compare the replies of that fake"
  }
})
