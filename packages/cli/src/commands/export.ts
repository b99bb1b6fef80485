/** `checkpoint-permissions export`: exports current access as a policy. */

import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Projects from "@checkpoint-permissions/access/Projects"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { checkpointsIn, readFiles } from "../internal/input/checkpoints.ts"
import { named as idWithName, nameIn } from "../internal/input/ids.ts"
import { decoded, flag, option, optional } from "../internal/input/option.ts"
import { checkpoints, force, from, maxDuration, out, rate, serverOptions } from "../internal/input/options.ts"
import { serverOwners } from "../internal/input/owners.ts"
import { caveats, noExpiryNote, unreadText } from "../internal/output/audit.ts"
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { listProjects, reportProjects, unchecked } from "../internal/server/projects.ts"
import { matrixOf } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoints,
  from,
  owner: option("owner", "project", decoded(ProjectId)).pipe(
    optional("Only the checkpoints that this project owns, by the files of --from.")
  ),
  out: out("Write to this file instead of standard output."),
  force,
  json: flag("json", "Print the policy as JSON instead of YAML."),
  maxDuration,
  rate,
  ...serverOptions
}

type Named = Effect.Effect.Success<ReturnType<typeof readFiles>>[number]["named"]

/** Returns the last days of a project's access by the policies of `--from`, each with its checkpoint if it has several. */
const endsIn = (named: Named, policy: AccessPolicy.AccessPolicy) => (id: string) => {
  const has = ({ projects }: AccessPolicy.AccessPolicy["checkpoints"][string]) => projects.some((one) => one === id)
  const entries = Object.entries(policy.checkpoints).filter(([, entry]) => has(entry))
  return entries.flatMap(([checkpoint]) => {
    const all = named.flatMap((one) => (one.checkpoint === checkpoint ? (one.ends ?? []) : []))
    const end = all.findLast(({ ignored, project }) => project === id && ignored !== true)
    if (end === undefined) return []
    const reason = end.reason === undefined ? "" : ` (${end.reason})`
    return [`until ${end.until}${reason}${entries.length > 1 ? ` at ${checkpoint}` : ""}`]
  })
}

/**
 * Returns the name of each project with its ends, and remarks on those that are archived, or that the organization does
 * not list.
 */
const commentsOf = (policy: AccessPolicy.AccessPolicy, named: Named, listed: Projects.Projects) => {
  const used = new Set(
    Object.values(policy.checkpoints).flatMap(({ owner = [], projects }) => [owner, projects].flat().map(String))
  )
  const names = Projects.names(listed)
  const remarks = new Map(
    [...used].flatMap((id): ReadonlyArray<readonly [string, string]> => {
      if (Projects.isUnknown(listed, id)) return [[id, "not listed by the organization: plan refuses it"]]
      return Projects.isArchived(listed, id) ? [[id, `archived: ${nameIn(names, id) ?? id}`]] : []
    })
  )
  const endsOf = endsIn(named, policy)
  const comments = new Map(
    [...used].map((id) => [id, [remarks.get(id) ?? nameIn(names, id) ?? [], endsOf(id)].flat(2).join(", ")])
  )
  return { names, remarks, comments }
}

/** Returns a note on the first apply of the exported policy: it deletes all but the oldest permission of each project. */
const announced = ({ rows }: AccessMatrix.AccessMatrix): string => {
  const counts = rows.map(({ owner, permissions }) => {
    const asked = permissions.filter(({ project_id }) => project_id !== owner)
    return asked.length - new Set(asked.map(({ project_id }) => project_id)).size
  })
  const duplicates = counts.reduce((sum, count) => sum + count, 0)
  return duplicates === 0
    ? "an apply of this policy changes nothing"
    : `an apply of this policy would only delete ${pluralize(duplicates, "duplicate")} at ${pluralize(counts.filter((count) => count > 0).length, "checkpoint")}`
}

/** Adds an owner that only a document states: its permission, if the server lists one, stays in the policy. */
const withStatedOwner =
  (owners: ReadonlyMap<string, string>) =>
  (row: AccessMatrix.Row): AccessMatrix.Row => {
    const owner = owners.get(row.checkpoint)
    return row.owner !== undefined || owner === undefined
      ? row
      : { ...row, owner: ProjectId.make(owner), ownerSource: "policy" }
  }

/** Returns the owner of each checkpoint. Those of the server take precedence over those that a document states. */
const ownersIn = (named: Named): ReadonlyMap<string, string> => {
  const stated = named.flatMap(({ checkpoint, owner }) => (owner === undefined ? [] : [[checkpoint, owner] as const]))
  return new Map([...stated, ...Object.entries(serverOwners(named))])
}

/** Returns the checkpoints to export, and the line about those in files of `--from` that have no owner there. */
const selected = Effect.fnUntraced(function* (
  options: Pick<OptionsOf<typeof config>, "checkpoints" | "owner">,
  named: Named,
  owners: ReadonlyMap<string, string>
) {
  const all = yield* checkpointsIn(options.checkpoints, named)
  const asked = new Set(Option.isSome(options.owner) ? all : named.map(({ checkpoint }) => checkpoint))
  const unowned = [...asked].filter((checkpoint) => !owners.has(checkpoint)).length
  const left = Option.isSome(options.owner) ? ", left out" : ""
  const warning = `export: ${pluralize(unowned, "checkpoint")} without an owner in --from${left}: pass an inventory of discover --project-keys`
  const warnings = unowned === 0 ? [] : [warning]
  if (Option.isNone(options.owner)) return { checkpoints: all, warnings }
  const { value: owner } = options.owner
  const own = all.filter((checkpoint) => owners.get(checkpoint) === owner)
  return own.length > 0
    ? { checkpoints: own, warnings }
    : yield* wrongUse(`export: no checkpoint in --from has the owner ${printableId(owner)}: check the id`)
})

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const target = yield* targetOf(options, "policy file")
  const files = yield* readFiles(options.from)
  const named = files.flatMap((one) => one.named)
  const owners = ownersIn(named)
  const { checkpoints, warnings } = yield* selected(options, named, owners)
  return yield* withPermissions(options, checkpoints, (_, connection) =>
    stoppable("export", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        const listed = yield* Effect.raceFirst(
          Effect.zipLeft(listProjects("export", connection), reportProjects("export", connection, files)),
          Effect.as(stop, Projects.make([], { isComplete: false, failure: "stopped" }))
        )
        yield* Effect.forEach(warnings, Screen.warn)
        const matrix = yield* matrixOf("export", checkpoints, { owners: serverOwners(named), stop })
        const reason = unreadText(matrix)
        const failure = reason === undefined ? undefined : incomplete(`export: ${reason}`, signal())
        const [unread, rows] = Arr.partition(matrix.rows, ({ complete }) => complete)
        if (failure !== undefined && rows.length === 0) return yield* failure
        const read = { ...matrix, rows: rows.map(withStatedOwner(owners)) }
        const policy = yield* AccessMatrix.toPolicy(read)
        const { comments, names, remarks } = commentsOf(policy, named, listed)
        const header = [
          ...caveats(matrix),
          ...unread.map(({ checkpoint }) => `not read, so not in this policy: ${printableId(checkpoint)}`),
          ...(listed.failure === undefined ? [] : [unchecked("export", listed.failure)]),
          noExpiryNote
        ]
        // JSON has no comments.
        const lines = [...remarks].map(([id, what]) => `${idWithName(id, names)} is ${printable(what)}`)
        if (options.json) yield* Effect.forEach([...header, ...lines], Screen.warn)
        yield* Effect.forEach(AccessMatrix.withoutAccess(read), ({ text }) => Screen.warn(`export: ${text}`))
        yield* Screen.warn(`export: ${announced(read)}`)
        yield* deliverResult(target, {
          text: AccessPolicy.format(policy, options.json ? { format: "json" } : { header, comments }),
          incomplete: failure
        })
      })
    )
  )
})

/** @category commands */
export const exportPolicy = defineCommand("export", config, run, {
  usage: "[<checkpoint> …] [options]",
  summary: "Export current access as a policy.",
  details: [
    "Comments have the names of projects and the ends of access that a policy in --from has, and mark archived projects. The last line states the duplicates that an apply of the policy would delete. A read-only key is enough. Checkpoints that were not read to the end are left out and named, with exit code 4. Ctrl-C and --max-duration print partial results."
  ],
  examples: {
    "export --from inventory.json -o policy.yaml": "the checkpoints that discover found",
    "export --from inventory.json --owner proj_a -o a.yaml": "the file of one team",
    "export ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": "one checkpoint"
  }
})
