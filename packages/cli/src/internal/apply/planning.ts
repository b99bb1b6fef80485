/** Makes the plan of a policy, which `plan` shows and `apply` applies. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { readText } from "../input/document.ts"
import { withNames } from "../output/plan.ts"
import { checkArchived, checkPolicy } from "../server/projects.ts"
import { planOf } from "../server/reading.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

const empty: AccessPolicy.AccessPolicy = { version: 1, checkpoints: {} }

/**
 * Reads the base of a plan. A missing file is an empty policy. Returns nothing if no file is given, or if the files are
 * not a valid policy. Then everything is planned.
 */
export const baseOf = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>
): Effect.fn.Return<
  AccessPolicy.AccessPolicy | undefined,
  Effect.Effect.Error<ReturnType<typeof readText>>,
  Effect.Effect.Context<ReturnType<typeof readText>>
> {
  if (files.length === 0) return undefined
  const fs = yield* FileSystem.FileSystem
  const there = yield* Effect.filter(files, (file) =>
    file === "-" ? Effect.succeed(true) : Effect.orElseSucceed(fs.exists(file), () => true)
  )
  const sources = yield* Effect.forEach(there, (file) =>
    Effect.map(readText("policy", file), (text) => ({ file, text }))
  )
  if (!isNonEmptyReadonlyArray(sources)) return empty
  return yield* Effect.catchTag(AccessPolicy.merge(sources), "InvalidPolicy", ({ message }) =>
    Effect.as(
      Screen.warn(`plan: the base is not a valid policy, planning everything: ${printable(message)}`),
      undefined
    )
  )
})

/** A policy, its source texts, and the part to plan at a given time. Without `scopeAt`, all of it is planned. */
export interface Wanted {
  readonly policy: AccessPolicy.AccessPolicy
  readonly sources: ReadonlyArray<AccessPolicy.Source>
  readonly scopeAt?:
    | ((now: DateTime.Utc) => Either.Either<NonNullable<AccessPlan.AccessPlan["scope"]>, AccessPolicy.InvalidPolicy>)
    | undefined
}

/**
 * Returns a function that finds the part of a policy that differs from `base`, or whose access has ended. Without
 * `base`, finds only access that has ended.
 */
export const scopedBy =
  (policy: AccessPolicy.AccessPolicy, base: AccessPolicy.AccessPolicy | undefined): NonNullable<Wanted["scopeAt"]> =>
  (now) =>
    AccessPlan.scopeOf(policy, { base, day: DateTime.formatIsoDateUtc(now) })

/**
 * Returns true if a last day of access is within a day of `now`. The local clock may be wrong, so the server's time is
 * needed then.
 */
const endsAround = (policy: AccessPolicy.AccessPolicy, now: DateTime.Utc) => {
  const day = (days: number) => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))
  const [first, last] = [day(-1), day(1)]
  return Effect.map(AccessPolicy.resolve(policy), (resolved) =>
    resolved.some(({ ends = [] }) =>
      ends.some(({ ignored, until }) => ignored !== true && until >= first && until <= last)
    )
  )
}

/** Sends one request to learn the time of the server. A refusal contains the time too. */
const askTime = ({ organizationLists }: Pick<Connection, "organizationLists">) =>
  Effect.flatMap(organizationLists, ({ projects }) => Stream.runHead(projects())).pipe(
    Effect.catchIf(
      (error) => "status" in error && error.status !== undefined,
      () => Effect.void
    )
  )

/** Returns true if the plan needs no request: no entry differs, and no access has ended or ends within a day. */
export const needsNothing = Effect.fnUntraced(function* ({ policy, scopeAt }: Wanted) {
  if (scopeAt === undefined) return false
  const here = yield* DateTime.now
  const { changed, ended } = yield* scopeAt(here)
  return changed.length + ended.length === 0 && !(yield* endsAround(policy, here))
})

/** Returns the policy with only the entries of these checkpoints. */
const only = (policy: AccessPolicy.AccessPolicy, checkpoints: ReadonlyArray<string>): AccessPolicy.AccessPolicy => {
  const some = new Set(checkpoints)
  return {
    ...policy,
    checkpoints: Object.fromEntries(Object.entries(policy.checkpoints).filter(([id]) => some.has(id)))
  }
}

const unchecked = { projects: undefined, names: {} }

/** Checks the projects of a policy, or of its changed entries. */
const check = (
  command: "plan" | "apply",
  connection: Connection,
  { policy, sources }: Wanted,
  scope: AccessPlan.AccessPlan["scope"]
) => {
  if (scope === undefined) return checkPolicy(command, connection, { policy, sources })
  return scope.changed.length === 0
    ? Effect.succeed(unchecked)
    : checkPolicy(command, connection, { policy: only(policy, scope.changed), sources })
}

/** Checks the projects of a policy, then plans it or its part. The plan has the names of projects and the lines of the policy. */
export const planPolicy = Effect.fnUntraced(function* (
  command: "plan" | "apply",
  connection: Connection,
  wanted: Wanted
) {
  const { policy, scopeAt, sources } = wanted
  const here = yield* DateTime.now
  const checked = yield* check(command, connection, wanted, scopeAt && (yield* scopeAt(here)))
  if (scopeAt !== undefined && checked === unchecked && (yield* endsAround(policy, here))) yield* askTime(connection)
  const scope = scopeAt && (yield* scopeAt(yield* connection.time.now))
  // an apply sends no request that only adds information
  const lists = command === "plan" ? yield* connection.organizationLists : undefined
  const { modelPermissions } = lists ?? {}
  const plan = AccessPlan.withLines(yield* planOf(policy, connection, { modelPermissions, scope }), sources)
  yield* checkArchived(command, checked, plan, sources)
  return withNames(plan, checked.names)
})

/** Checks the projects of a saved plan. */
export const checkSaved = Effect.fnUntraced(function* (connection: Connection, plan: AccessPlan.AccessPlan) {
  const checked = yield* check("apply", connection, { policy: plan.policy, sources: [] }, plan.scope)
  yield* checkArchived("apply", checked, plan)
})
