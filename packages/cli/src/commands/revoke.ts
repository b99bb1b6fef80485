/**
 * `checkpoint-permissions revoke`: the projects have no access afterwards.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { CheckpointId, isPermissionId, isProjectId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Args from "@effect/cli/Args"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { applyPlan, openFiles, showOnly, withLimit } from "../internal/apply/apply.ts"
import { nameApply, revokeLockOptions } from "../internal/apply/locking.ts"
import { applyOptions } from "../internal/apply/options.ts"
import { change, printOutcomes, showChange } from "../internal/apply/write.ts"
import { incomplete, refused, wrongUse } from "../internal/failure.ts"
import { withHelp } from "../internal/help/commandLine.ts"
import { given } from "../internal/input/checkpoints.ts"
import { kindOf, readText } from "../internal/input/document.ts"
import {
  decoded,
  firstGiven,
  flag,
  from,
  jsonObject,
  option,
  optional,
  type Reads,
  sha256
} from "../internal/input/option.ts"
import { ownersDo } from "../internal/output/audit.ts"
import { described, type Given } from "../internal/run.ts"
import { planRevokeOf } from "../internal/server/reading.ts"
import { type Connection, rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const idOf = (name: string) => Args.text({ name })

const config = {
  checkpoint: idOf("checkpoint").pipe(Args.withDescription("The fine-tuned model; with --everywhere a project.")),
  projects: idOf("project").pipe(
    Args.withDescription("Loses its access: proj_iqGMw1llN8IrBb6SvvY5A1oF."),
    Args.repeated
  ),
  everywhere: flag("everywhere", "At every checkpoint that --from names."),
  from,
  sha256: option("sha256", "digest", sha256).pipe(optional("Of that file: what it knows goes at once.")),
  fromLog: flag("from-log", "Ask the audit log first: what it knows goes at once."),
  ...applyOptions,
  json: jsonObject("one object, or steps and a summary"),
  rate,
  ...revokeLockOptions,
  ...serverOptions
}

type RevokeOptions = Given<typeof config>

/** What an argument is depends on --everywhere. */
const read = <A>(reads: Reads<A>, text: string) => Either.mapLeft(reads(text), (message) => wrongUse(message))

const projectsOf = Effect.forEach((text: string) => read(decoded(ProjectId), text))

const atOne = Effect.fnUntraced(function* (given: RevokeOptions) {
  const wrong = firstGiven(given, "from", "sha256", "fromLog", "yes", "maxRevokes", "backup", "maxDuration")
  if (wrong !== undefined) return yield* wrongUse(`${wrong} goes with --everywhere: pass that too`)
  const checkpoint = yield* read(decoded(CheckpointId), given.checkpoint)
  const projects = yield* projectsOf(given.projects)
  if (projects.length === 0) {
    return yield* wrongUse(withHelp("missing argument <project>", "revoke"))
  }
  const options = { ...given, checkpoint, projects }
  const { json } = given
  if (given.dryRun) {
    return yield* showChange(options, (revoked, absent) =>
      printOutcomes(json ? { checkpoint, dryRun: true, revoked, absent } : undefined, [
        [revoked, "would revoke", ""],
        [absent, "not needed:", `has no permission (${ownersDo})`]
      ])
    )
  }
  const { owning } = yield* change(
    "revoke",
    options,
    nameApply,
    (journal) => Access.revoke(checkpoint, projects, journal),
    ({ absent, owning, revoked }) =>
      printOutcomes(json ? { checkpoint, revoked, absent, owning } : undefined, [
        [revoked, "revoked", ""],
        [absent, "not needed:", `had no permission (${ownersDo})`],
        [owning, "not possible:", "owns the model"]
      ])
  )
  if (owning.length > 0) {
    return yield* incomplete(
      `revoke: the server lists a permission of ${owning.map((one) => printable(one)).join(", ")} and refuses to revoke it: the project owns the model`
    )
  }
})

/** Each permission once, as it is known first. */
const dedupe = (known: ReadonlyArray<Access.KnownPermission>) => [
  ...new Map(known.toReversed().map((one) => [one.id, one])).values()
]

const atAll = Effect.fnUntraced(function* (revokeOptions: RevokeOptions) {
  const options = yield* withLimit(revokeOptions)
  const projects = yield* projectsOf([options.checkpoint, ...options.projects])
  if (options.from.length === 0) {
    return yield* wrongUse("--everywhere needs checkpoints: pass --from <file> (- for standard input)")
  }
  const before = firstGiven(options, "fromLog", "sha256")
  if (before !== undefined && Option.isSome(options.backup)) {
    return yield* wrongUse(
      `--backup saves what was read first, and with ${before} nothing is: leave out one of the two`
    )
  }
  const { checkpoints } = yield* given([], options.from)
  const ofAudit = (yield* knownIn(options.from, Option.getOrUndefined(options.sha256))).filter(({ project_id }) =>
    projects.includes(project_id)
  )
  const plan = Effect.fnUntraced(function* (connection: Connection) {
    const ofLog = options.fromLog ? yield* knownByLog(connection, projects) : []
    // Of a checkpoint that nobody named nothing is done.
    const known = dedupe([...ofAudit, ...ofLog].filter(({ checkpoint }) => checkpoints.includes(checkpoint)))
    const isKnown = known.length > 0
    return {
      isKnown,
      plan: yield* isKnown ? Access.planKnown(checkpoints, projects, known) : planRevokeOf(checkpoints, projects)
    }
  })
  yield* warnOfPolicies(options.from, projects)
  if (options.dryRun) {
    return yield* withPermissions(options, checkpoints, (_, connection) =>
      Effect.flatMap(plan(connection), (planned) => showOnly("revoke", options, planned))
    )
  }
  yield* withPermissions(options, checkpoints, (permissions, connection) =>
    Effect.gen(function* () {
      yield* nameApply("revoke", options, permissions.server)
      const { journal } = yield* openFiles(options)
      return { journal, ...(yield* plan(connection)) }
    }).pipe((prepare) =>
      Effect.scoped(
        applyPlan("revoke", options, prepare, {
          goal: {
            checkpoints: " that you named",
            state: `without a permission of ${projects.length === 1 ? "this project" : `these ${projects.length} projects`}`,
            caveat: ownersDo
          }
        })
      )
    )
  )
})

const run = (options: RevokeOptions) => (options.everywhere ? atAll(options) : atOne(options))

/**
 * @category commands
 * @since 0.1.0
 */
export const revoke = described("revoke", config, run, {
  summary: "Take access away from projects, at one checkpoint or everywhere.",
  details: [
    "With --everywhere it shows a plan and asks, as apply does: without a terminal it needs --yes. What it says is about the checkpoints that --from names. A project that owns a model has access without a permission, which nothing takes away. Options from --from to --from-log, and of the plan, go with --everywhere."
  ],
  examples: {
    "revoke ft:gpt-4o:org:weather:B7R9VjQd proj_a": "all its permissions there",
    "revoke --everywhere proj_a --from models.json": "a project to be closed"
  }
})

/** The documents that files hold, those of standard input apart, which is read once. */
const textsOf = (files: ReadonlyArray<string>) =>
  Effect.forEach(
    files.filter((file) => file !== "-"),
    (file) => Effect.map(readText("checkpoints", file), (text) => ({ file, text, kind: kindOf(text) }))
  )

const edited = (file: string) => (message: string) => refused(`revoke: ${printable(file)}: ${message}`)

/** What an inventory knows from the log: grants that had no end when it was made. */
const ofInventory = Effect.fnUntraced(function* (file: string, text: string, sha256: string) {
  const inventory = yield* Effect.mapError(Inventory.fromJson(text, { sha256 }), ({ message }) => edited(file)(message))
  return inventory.checkpoints.flatMap(({ checkpoint, granted }) =>
    granted.flatMap(({ at, permission, project }) =>
      permission !== null && project !== null && isPermissionId(permission) && isProjectId(project)
        ? [{ checkpoint, id: permission, project_id: project, created_at: DateTime.toEpochMillis(at) / 1000 }]
        : []
    )
  )
})

/**
 * The permissions of the audit or inventory with this SHA-256. Without one somebody may have edited it: nothing is known
 * then.
 */
export const knownIn = Effect.fnUntraced(function* (files: ReadonlyArray<string>, sha256: string | undefined) {
  if (sha256 === undefined) return []
  const [known, ...more] = (yield* textsOf(files)).filter(({ kind }) => kind === "audit" || kind === "inventory")
  if (known === undefined || more.length > 0) {
    return yield* wrongUse(
      "--sha256 is the digest of an audit or inventory file: pass that file, and no other, with --from"
    )
  }
  const { file, kind, text } = known
  if (kind === "inventory") return yield* ofInventory(file, text, sha256)
  const matrix = yield* Effect.mapError(AccessMatrix.fromJson(text, { sha256 }), ({ message }) => edited(file)(message))
  return matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map((permission): Access.KnownPermission => ({ ...permission, checkpoint }))
  )
})

/** The permissions of projects that the audit log knows. If it is refused nothing is known, and that is said. */
export const knownByLog = Effect.fnUntraced(function* (
  { organizationLists }: Connection,
  projects: ReadonlyArray<ProjectId>
) {
  yield* Screen.progress("revoke: asking the audit log")
  const known = yield* Access.knownInLog(projects).pipe(
    Effect.provideServiceEffect(Organization, organizationLists),
    Effect.catchAll(({ message }) =>
      Effect.as(Screen.complain(`the audit log is no help (${message}): everything is read first`), [])
    )
  )
  yield* Screen.clear
  return known
})

/** Names the lines of policies by which the next apply would grant projects access again. */
export const warnOfPolicies = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  projects: ReadonlyArray<string>
) {
  const policies = (yield* textsOf(files)).filter(({ kind }) => kind === "policy")
  for (const { file, in: where, line, project } of yield* AccessPolicy.places(policies, projects)) {
    yield* Screen.complain(
      `${printable(file ?? "")}:${line}: ${printable(where)} would grant ${printable(project)} again at the next apply: take it out there too`
    )
  }
})
