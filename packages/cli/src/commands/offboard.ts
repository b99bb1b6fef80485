/** `checkpoint-permissions offboard`: revokes a project's access everywhere, as a plan that is applied, and an audit. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { isPermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { applyPlan, showOnly, withLimits } from "../internal/apply/apply.ts"
import { openFiles } from "../internal/change/files.ts"
import { useLock } from "../internal/change/lock.ts"
import { incomplete } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { noCheckpoints, readFiles } from "../internal/input/checkpoints.ts"
import { sourcesIfAny } from "../internal/input/document.ts"
import { argument, decoded, flag, texts } from "../internal/input/option.ts"
import { applyOptions, from, lockOptions, projectKeys, rate, serverOptions } from "../internal/input/options.ts"
import { reportOwners, serverOwners } from "../internal/input/owners.ts"
import * as output from "../internal/output/file.ts"
import { loadProjectKeys } from "../internal/server/key.ts"
import { checkProjects } from "../internal/server/projects.ts"
import * as Reading from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  project: argument(
    "project",
    "The project that loses all access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF.",
    decoded(ProjectId)
  ),
  file: texts("file", "policy", "A policy: its checkpoints are read too, and its lines with the project are printed."),
  from,
  projectKeys,
  withoutLog: flag("without-log", "Do not read the audit log. The result covers only the named checkpoints."),
  permissionsOnly: flag("permissions-only", "Do not ask for owners. The result covers permissions only."),
  ...applyOptions,
  rate,
  ...lockOptions,
  ...serverOptions
}

/** Returns rows with the permissions of a project that the log shows as open. */
const loggedRows = ({ checkpoints, log }: Inventory.Inventory, project: ProjectId): ReadonlyArray<AccessMatrix.Row> =>
  checkpoints.map(({ checkpoint, granted }) => ({
    ...{ checkpoint, complete: true, readAt: log?.readAt ?? DateTime.unsafeMake(0) },
    ...(log === null ? {} : { readFrom: log.readAt }),
    permissions: granted.flatMap(({ at, permission, project: of }) =>
      of === project && permission !== null && isPermissionId(permission)
        ? [{ id: permission, project_id: project, created_at: Math.floor(at.epochMillis / 1000) }]
        : []
    )
  }))

/** Returns the reason why a project may still have access by an audit, or `undefined` if it has none. */
const remaining = (matrix: AccessMatrix.AccessMatrix, project: ProjectId, permissionsOnly: boolean) => {
  const tags = matrix.rows.map(({ checkpoint }) => AccessMatrix.cell(matrix, checkpoint, project)._tag)
  const texts = {
    Access: "still list it",
    Owner: "belong to it",
    Unknown: "could not be read",
    NoPermission: "have an unknown owner: pass --project-keys"
  }
  const parts = Object.entries(texts).flatMap(([tag, text]) => {
    const count = tags.filter((one) => one === tag).length
    return count === 0 || (permissionsOnly && tag !== "Access" && tag !== "Unknown") ? [] : [`${count} ${text}`]
  })
  return parts.length === 0 ? undefined : `of ${pluralize(tags.length, "checkpoint")}, ${parts.join(", ")}`
}

const run = Effect.fnUntraced(function* (given: OptionsOf<typeof config>) {
  const options = yield* withLimits(given, true)
  const policies = yield* sourcesIfAny(options.file)
  const policy = Arr.isNonEmptyReadonlyArray(policies) ? yield* AccessPolicy.merge(policies) : undefined
  const named = (yield* readFiles(options.from)).flatMap((one) => one.named)
  if (options.from.length > 0 && named.length === 0) return yield* noCheckpoints
  const keys = Option.getOrElse(yield* Effect.transposeMapOption(options.projectKeys, loadProjectKeys), () => [])
  const ids = named.map(({ checkpoint }) => checkpoint)
  yield* withPermissions(options, ids, ({ server }, connection) =>
    Effect.gen(function* () {
      const {
        ids: [project = options.project],
        names
      } = yield* checkProjects("offboard", connection, [options.project])
      yield* Effect.withClock(useLock("offboard", options, server), connection.time.machine)
      const files = yield* openFiles({ ...options, out: Option.none() })
      const target = yield* output.targetOf(options, "audit", "audit")
      const sources = { checkpoints: named, log: !options.withoutLog }
      const inventory = yield* Reading.inventoryOf("offboard", { keys, policy }, connection, sources)
      yield* reportOwners(policies, serverOwners(inventory.checkpoints))
      const read = (some: ReadonlyArray<AccessMatrix.Row["checkpoint"]>) =>
        Effect.flatMap(Reading.matrixOf("offboard", some, { project }), (matrix) =>
          Inventory.annotate(matrix, inventory)
        )
      const access = yield* Access.Access
      /** Revokes what rows show, and returns the checkpoints to read again. */
      const revoke = Effect.fnUntraced(function* (found: AccessMatrix.AccessMatrix) {
        const shown = { ...files, plan: yield* access.planRevoking(found, project), names, unchecked: undefined }
        const ids = shown.plan.checkpoints.map(({ checkpoint }) => checkpoint)
        if (options.dryRun) yield* showOnly(options, shown)
        else if (ids.length > 0) yield* applyPlan(options, Effect.succeed(shown), false)
        return options.dryRun ? [] : ids
      })
      // what the log shows as open first, without a read, so that most access ends within minutes
      yield* revoke({ ...(yield* read([])), rows: loggedRows(inventory, project) })
      const found = yield* read(inventory.checkpoints.map(({ checkpoint }) => checkpoint))
      const again = yield* read(yield* revoke(found))
      const rows = new Map([...found.rows, ...again.rows].map((row) => [row.checkpoint, row]))
      const matrix = { ...found, rows: [...rows.values()] }
      const reasons = [
        Reading.incompleteOf(inventory),
        matrix.rows.length === 0 ? "no checkpoint is known" : undefined,
        options.dryRun ? undefined : remaining(matrix, project, options.permissionsOnly)
      ].flatMap((reason) => reason ?? [])
      for (const { column, file = "", in: where, line } of yield* AccessPolicy.sourceLocations(policies, [project])) {
        yield* Screen.warn(
          `${printable(file)}:${line}:${column}: ${printable(where)} would grant ${printableId(project)} again at the next apply: remove it`
        )
      }
      yield* output.deliverResult(target, {
        text: Option.isSome(target) ? AccessMatrix.toJson(matrix) : AccessMatrix.toText(matrix, { all: false }),
        incomplete: reasons.length === 0 ? undefined : incomplete(`offboard: ${reasons.join("; ")}`)
      })
    }).pipe(Effect.scoped, Effect.provideServiceEffect(Organization, connection.organizationLists))
  )
})

/** @category commands */
export const offboard = defineCommand("offboard", config, run, {
  explainsShared: ["--project-keys"],
  summary: "Revoke the access of a project at every known checkpoint.",
  details: [
    "Reads the checkpoints of the audit log, --from, --file and --project-keys, those with an open grant first. Applies the plan that revokes the project there, and reads them again. It is safe to repeat. Exits with 4 if access may remain, also as an owner that the server did not name; --permissions-only leaves out owners."
  ],
  examples: {
    "offboard proj_a": "shows the revokes, and asks",
    "offboard proj_a --yes --permissions-only --out a.json": "in a script"
  }
})
