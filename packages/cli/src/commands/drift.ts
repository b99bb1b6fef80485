/**
 * `checkpoint-permissions drift`: what differs from a former audit and a policy, and who made it so.
 *
 * @since 0.1.0
 */

import * as AccessDiff from "@checkpoint-permissions/access/AccessDiff"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Drift from "@checkpoint-permissions/access/Drift"
import * as History from "@checkpoint-permissions/access/History"
import { oneLine, printable, wrap } from "@checkpoint-permissions/access/TerminalText"
import { counted, fenced } from "@checkpoint-permissions/protocol/text"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, Pending, Stopped } from "../internal/failure.ts"
import { flag, force, formOf, maxDuration, out, planFormat, policyFiles, text } from "../internal/input/option.ts"
import { checkpointsOf, loadAudit, loadJournals, loadPolicy, oursOptions } from "../internal/input/saved.ts"
import { caveats } from "../internal/output/audit.ts"
import { deliver, targetOf } from "../internal/output/file.ts"
import { warnOfLookalikes } from "../internal/output/lookalikes.ts"
import * as difference from "../internal/output/plan.ts"
import { described, type Given } from "../internal/run.ts"
import { againOf } from "../internal/server/reading.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  previous: text("previous", "file").pipe(
    Options.withDescription("The former audit, as audit --json or --out of this command saved it.")
  ),
  file: policyFiles,
  ...oursOptions,
  readAll: flag("read-all", "Read every checkpoint, whatever the log says: then 0 is a verdict."),
  maxDuration,
  out: out("Save the next audit here, for --previous.", "An audit that is there is written over."),
  force,
  format: planFormat,
  json: flag("json", "Print all of it as JSON."),
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const previous = yield* loadAudit(options.previous)
  const policy = yield* loadPolicy(options.file)
  const checkpoints = yield* checkpointsOf(policy)
  const journal = yield* loadJournals(options.journal)
  const target = yield* targetOf(options, "audit file", "audit")
  return yield* withPermissions(options, checkpoints, (_, connection) =>
    Effect.gen(function* () {
      const again = yield* againOf("drift", options, connection, previous, {
        checkpoints,
        journal,
        ourKeys: options.ourKey,
        readAll: options.readAll,
        names: policy.names
      })
      const drift = yield* Drift.make(previous, again, policy)
      const { matrix } = drift
      yield* warnOfLookalikes([...AccessMatrix.projects(matrix), ...matrix.rows.map(({ checkpoint }) => checkpoint)])
      for (const caveat of caveats(matrix)) yield* screen.complain(caveat)
      if (Option.isSome(target)) yield* deliver(target, AccessMatrix.toJson(matrix))
      const shown = { json: Drift.toJson, markdown: toMarkdown, text: () => toText(drift, screen) }
      yield* screen.print(shown[form](drift))
      if (Drift.isUnread(drift)) {
        const unread = matrix.rows.filter(({ complete }) => !complete).length
        const message = `drift: ${counted(unread, "checkpoint")} could not be read: what is so there is unknown`
        if (again.signal !== undefined) return yield* new Stopped({ message, signal: again.signal })
        return yield* incomplete(message)
      }
      if (Drift.isSeen(drift)) return yield* new Pending()
    })
  )
})

/**
 * @category commands
 * @since 0.1.0
 */
export const drift = described("drift", config, run, {
  summary: "Show what differs from an audit and a policy, and who did it.",
  details: [
    "Reads the checkpoints that have events in the audit log and the oldest rows of the former audit; everything if the log cannot be trusted. Changes nothing.",
    "Exits with 3 if something was seen, with 4 if something could not be read. 0 means that nothing was seen, which the log does not prove: with --read-all it is a verdict."
  ],
  examples: {
    "drift --previous a.json -f policy.yaml -o a.json": "every night, going by the log",
    "drift --previous a.json -f policy.yaml --read-all": "everything"
  }
})

const unmanagedLines = ({ matrix, unmanaged }: Drift.Drift): ReadonlyArray<string> =>
  unmanaged.flatMap(({ checkpoint, projects }) => [
    `! ${printable(checkpoint)}`,
    ...projects.map((project) => {
      const name = AccessMatrix.nameOf(matrix, project)
      return `|   ${printable(project)}${name === undefined ? "" : `  ${oneLine(name)}`}`
    })
  ])

/** What was seen, and what that rests on. */
const sentence = (drift: Drift.Drift): string => {
  const { bypassed, carriedOver, diff, matrix, plan, unmanaged } = drift
  const total = matrix.rows.length
  const unread = matrix.rows.filter(({ complete }) => !complete).length
  const read = total - carriedOver - unread
  const rests = [
    read === total
      ? `All ${counted(total, "checkpoint")} were read in this run`
      : `${read} of ${counted(total, "checkpoint")} ${read === 1 ? "was" : "were"} read in this run`,
    ...(unread === 0 ? [] : [`${unread} could not be read: what is so there is unknown`]),
    ...(carriedOver === 0 ? [] : [`${History.carriedOverNote(matrix)}; --read-all reads them`])
  ].join("; ")
  if (!Drift.isSeen(drift)) return `Nothing was seen. ${rests}.`
  const parts = [
    AccessDiff.isEmpty(diff) ? "" : "a difference from the former audit",
    plan.counts.grants + plan.counts.revokes === 0
      ? ""
      : `${plan.counts.grants} to grant and ${plan.counts.revokes} to revoke by the policy`,
    bypassed.length === 0 ? "" : `${counted(bypassed.length, "change")} not known to be made by this tool`,
    unmanaged.length === 0 ? "" : `${counted(unmanaged.length, "checkpoint")} with permissions in no policy`
  ].filter((part) => part !== "")
  return `Seen: ${parts.join("; ") || "something that the policy cannot have"}. ${rests}.`
}

const toText = (drift: Drift.Drift, { out, table }: Screen.Service): string => {
  const { names } = drift.matrix
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? "" : `\n${out.bold(title)}\n${lines.map((line) => `${line}\n`).join("")}`
  return [
    AccessDiff.toText(drift.diff, table),
    `\n${out.bold("By the policy")}\n`,
    difference.text(difference.named(drift.plan, names), undefined, out, []),
    section("Not known to be made by this tool", History.rowsOf(drift.bypassed, { ...table, names })),
    section("With permissions, in no policy", unmanagedLines(drift)),
    `\n${wrap(sentence(drift), table.width ?? Number.POSITIVE_INFINITY).join("\n")}\n`
  ].join("")
}

const toMarkdown = (drift: Drift.Drift): string => {
  const { names } = drift.matrix
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? [] : [`### ${title}`, "", fenced(lines.join("\n"), "diff"), ""]
  return [
    AccessDiff.toMarkdown(drift.diff),
    difference.markdown(difference.named(drift.plan, names), undefined, undefined, []),
    ...section("Not known to be made by this tool", History.rowsOf(drift.bypassed, { names })),
    ...section("With permissions, in no policy", unmanagedLines(drift)),
    sentence(drift),
    ""
  ].join("\n")
}
