/** `checkpoint-permissions drift`: compares a policy with the server. */

import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Drift from "@checkpoint-permissions/access/Drift"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, pending } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { checkpointsOf, sourcesOf } from "../internal/input/document.ts"
import { flag, formOf, oneOf, option, optional } from "../internal/input/option.ts"
import { maxDuration, policyFiles, projectKeys, rate, serverOptions } from "../internal/input/options.ts"
import { reportOwners } from "../internal/input/owners.ts"
import { caveats } from "../internal/output/audit.ts"
import { findWithKeys } from "../internal/server/find.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { checkKnown, reportProjects } from "../internal/server/projects.ts"
import { withProgress } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { hasStopped, stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { instant } from "../internal/terminal/time.ts"

const forms = ["text", "markdown", "csv", "lines"] as const

const config = {
  file: policyFiles,
  unmanaged: flag(
    "unmanaged",
    "Also read the checkpoints in the audit log that are not in the policy and have a grant without a later revoke."
  ),
  projectKeys,
  format: option("format", "form", oneOf(forms, `unknown format: pass ${forms.join(", ")}, or use --json`)).pipe(
    optional("text (the default), markdown, for an issue, csv, or lines, separated by tabs.")
  ),
  json: flag("json", "Print the differences as JSON."),
  maxDuration,
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const checkpoints = yield* checkpointsOf(policy)
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  return yield* withPermissions(options, checkpoints, (_, connection) =>
    stoppable(
      "drift",
      "printing partial results",
      options,
      Effect.fnUntraced(function* (stop, signal) {
        const checks = Effect.zipRight(
          checkKnown("drift", connection, policy, sources),
          reportProjects("drift", connection, [{ keys }])
        )
        yield* Effect.raceFirst(checks, stop)
        const { failure, owners } = yield* findWithKeys("drift", connection, keys, stop)
        const read = yield* withProgress({ name: "drift", total: checkpoints.length, isPartial: true }, (onRow) =>
          Drift.read(policy, {
            stop,
            now: connection.time.now,
            owners,
            projects: Effect.orDie(connection.projects()),
            unmanaged: options.unmanaged,
            sources,
            onRow,
            onLog: screen.progress("drift: searching the audit log")
          })
        ).pipe(Effect.provideServiceEffect(Organization, connection.organizationLists))
        // a search of the log that the limit of time cut
        const isCut = (yield* hasStopped(stop)) && read.log.failure !== undefined
        const drift = failure === undefined && !isCut ? read : { ...read, exitCode: 4 as const }
        yield* reportOwners(sources, owners)
        for (const caveat of caveats(drift)) yield* screen.warn(caveat)
        const files = options.file
        const printed = {
          json: () => Drift.toJson(drift),
          csv: () => Drift.toCsv(drift),
          lines: () => Drift.toLines(drift),
          markdown: () => Drift.toMarkdown(drift, { files }),
          text: () => Drift.toText(drift, { ...screen.table, files })
        }
        yield* screen.print(printed[form]())
        const reasons = drift.differences.flatMap((one) => (one.kind === "unread" ? [one.reason] : []))
        const { oldest } = drift.log
        const back = oldest === undefined ? "could not be read" : `was read back to ${instant(oldest)}`
        const withoutReason =
          read.exitCode === 4
            ? `drift: the log ${back}: unmanaged checkpoints are unknown`
            : "drift: interrupted: the audit log may not be searched to its end"
        const withoutUnread = failure === undefined ? withoutReason : `drift: owners are not compared: ${failure}`
        const message =
          reasons[0] === undefined
            ? withoutUnread
            : `drift: ${pluralize(reasons.length, "checkpoint")} could not be read (${printable(reasons[0])})`
        const received = signal()
        if (received !== undefined || drift.exitCode === 4) return yield* incomplete(message, received)
        if (drift.exitCode === 3) return yield* pending
      })
    )
  )
})

/** @category commands */
export const drift = defineCommand("drift", config, run, {
  summary: "Compare a policy with the server.",
  details: [
    "Reads every checkpoint of the policy, and changes nothing. The audit log adds the actor of each difference, if it can be read. The ends of access (until) are compared with the clock of the server.",
    "Exits with 0 without differences, with 3 with differences, with 4 if a checkpoint could not be read.",
    "Columns of csv and lines: difference, checkpoint, project, name, permission, actor, when."
  ],
  examples: {
    "drift -f policy.yaml": "every night",
    "drift -f policy.yaml --unmanaged --format markdown": "for an issue, with unmanaged checkpoints"
  }
})
