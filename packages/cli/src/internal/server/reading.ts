/** Reads many checkpoints, or the inventory of the organization, and prints progress. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { OptionsOf } from "../command/run.ts"
import { checkpointsOf, sourcesOf } from "../input/document.ts"
import type { sourceOptions } from "../input/options.ts"
import { formatEstimate, isLong, makeTimeLeft } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"
import { loadProjectKeys } from "./key.ts"
import type { Connection } from "./server.ts"

interface ProgressOptions {
  readonly name: string
  readonly total: number
  /** The known number of permissions of all checkpoints. Without it, the first estimate counts one page for each. */
  readonly expected?: ReadonlyArray<number> | undefined
  /** True if requests for other things follow. */
  readonly isPartial?: boolean | undefined
  /** The sources of the checkpoints. If given, the first line is printed even without a terminal. */
  readonly sources?: string | undefined
}

type OnRow = NonNullable<Access.AuditOptions["onRow"]>

/** Returns the number of requests that list checkpoints with these numbers of permissions. */
const listings = (permissions: ReadonlyArray<number>): number =>
  permissions.reduce((sum, count) => sum + Math.max(1, Math.ceil(count / 100)), 0)

export const withProgress = Effect.fnUntraced(function* <A, E, R>(
  { expected, isPartial, name, sources, total }: ProgressOptions,
  read: (onRow: OnRow) => Effect.Effect<A, E, R>
) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const count = pluralize(total, "checkpoint")
  const timeLeft = yield* makeTimeLeft
  const found: Array<number> = []
  if (total > 0) {
    const estimate = yield* permissions.estimate({ list: expected === undefined ? total : listings(expected) })
    const time = formatEstimate(estimate, isPartial ?? expected === undefined)
    const print = isLong(estimate) ? screen.warn : screen.note
    yield* sources === undefined
      ? print(screen.err.dim(`Reading ${count}${time === "" ? "" : `, ${time}`}.`))
      : screen.warn(`${count}: ${sources}${time === "" ? "" : `; ${time}`}`)
    yield* screen.progress(`${name}: reading ${count}`)
  }
  const result = yield* read((row, { done, failed, total: all }) => {
    found.push(row.permissions.length)
    const left = timeLeft({ list: Math.round((all * listings(found)) / done) }, isPartial)
    return screen.progress(
      `${name}: ${done - failed} of ${all} read${failed === 0 ? "" : `, ${failed} failed`}`,
      all === done ? undefined : left
    )
  })
  yield* screen.clear
  return result
})

/** Reads the checkpoints of a policy, or of its part, and plans. Access ends by the server's time. */
export const planOf = Effect.fnUntraced(function* (
  policy: AccessPolicy.AccessPolicy,
  { time }: Pick<Connection, "time">,
  { scope, stop }: Pick<Access.PlanOptions, "scope" | "stop">
) {
  const all = yield* Effect.orDie(checkpointsOf(policy))
  const total = scope === undefined ? all.length : scope.changed.length
  return yield* withProgress({ name: "plan", total }, (onRow) =>
    Access.plan(policy, { onRow, now: time.now, scope, stop })
  )
})

export const matrixOf = (
  name: string,
  checkpoints: ReadonlyArray<CheckpointId>,
  { expected, isPartial, sources, ...options }: Access.AuditOptions & Omit<ProgressOptions, "name" | "total">
) =>
  withProgress({ expected, isPartial, name, sources, total: checkpoints.length }, (onRow) =>
    Access.audit(checkpoints, { ...options, onRow })
  )

/** Reads the files of the sources. Run it before any request. */
export const loadSources = Effect.fnUntraced(function* ({ file, projectKeys }: OptionsOf<typeof sourceOptions>) {
  const source = file.length === 0 ? undefined : yield* sourcesOf(file)
  const policy = source === undefined ? undefined : yield* AccessPolicy.merge(source)
  const keys = Option.isSome(projectKeys) ? yield* loadProjectKeys(projectKeys.value) : []
  return { keys, policy, source }
})

type Sources = Pick<Effect.Effect.Success<ReturnType<typeof loadSources>>, "keys" | "policy">

export const inventoryOf = Effect.fnUntraced(function* (
  command: string,
  { keys, policy }: Sources,
  connection: Connection,
  options: Parameters<typeof Inventory.discover>[2] = {}
) {
  const screen = yield* Screen.Screen
  const organization = yield* connection.organizationLists
  const projects = yield* Effect.forEach(keys, ({ key, project }) => connection.projectLists(project, key))
  yield* screen.progress(`${command}: reading projects${options.log === false ? "" : " and the audit log"}`)
  // the inventory has the reason if nothing can be read
  yield* Effect.raceFirst(Effect.ignore(connection.askTime), options.stop ?? Effect.never)
  const inventory = yield* Inventory.discover(organization, projects, {
    ...options,
    policy,
    projects: Effect.orDie(connection.projects()),
    onProject: (done) => screen.progress(`${command}: jobs of ${done} of ${pluralize(keys.length, "project")} read`)
  })
  yield* screen.clear
  return inventory
})

/** Returns the options of an estimate for reading checkpoints. Without the whole log, a search of it follows. */
export const progressOf = ({ log }: Inventory.Inventory, checkpoints: ReadonlyArray<Checkpoint>) =>
  log?.failure === null ? { expected: checkpoints.map(({ granted }) => granted.length) } : { isPartial: true }

/** Returns the reason why checkpoints may be missing from an inventory, if there is one. */
export const incompleteOf = ({ keys, log }: Inventory.Inventory): string | undefined => {
  const failed = keys.filter((key) => key.failure !== null)
  const named = failed.map((key) => `${printable(key.project)}: ${printable(key.failure ?? "")}`).join("; ")
  const reasons = [
    ...(log?.failure == null ? [] : [`audit log incomplete, other checkpoints may exist: ${printable(log.failure)}`]),
    ...(failed.length === 0 ? [] : [`${pluralize(failed.length, "key")} could not be used (${named})`])
  ]
  return reasons.length === 0 ? undefined : reasons.join("; ")
}

export const nothingKnown = ({ log }: Inventory.Inventory): string =>
  log?.failure == null
    ? "no checkpoint in the audit log: pass checkpoints, --from or --project-keys"
    : `the audit log is off or cannot be read: pass checkpoints, --from or --project-keys (${printable(log.failure)})`

type Checkpoint = Inventory.Inventory["checkpoints"][number]

/** Returns the checkpoints that retire within a time, and the number without a known date. */
export const retiringWithin = (checkpoints: ReadonlyArray<Checkpoint>, within: Option.Option<Duration.Duration>) =>
  Effect.map(DateTime.now, (now) => {
    if (Option.isNone(within)) return { checkpoints, undated: 0 }
    const last = DateTime.formatIsoDateUtc(DateTime.addDuration(now, within.value))
    return {
      checkpoints: checkpoints.filter(({ retires }) => retires !== null && retires <= last),
      undated: checkpoints.filter(({ retires }) => retires === null).length
    }
  })
