/** Makes the plan of a policy, which `plan` shows and `apply` applies. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { readText } from "../input/document.ts"
import * as Ids from "../input/ids.ts"
import { checkArchived, checkPolicy } from "../server/projects.ts"
import { planOf } from "../server/reading.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

/**
 * Reads the base of a plan. A missing file is an empty policy. Returns nothing if no file is given, or if the files are
 * not a valid policy. Then everything is planned.
 */
export const baseOf = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  if (files.length === 0) return undefined
  const fs = yield* FileSystem.FileSystem
  const there = yield* Effect.filter(files, (file) =>
    file === "-" ? Effect.succeed(true) : Effect.orElseSucceed(fs.exists(file), () => true)
  )
  const sources = yield* Effect.forEach(there, (file) =>
    Effect.map(readText("policy", file), (text) => ({ file, text }))
  )
  if (!isNonEmptyReadonlyArray(sources)) return { version: 1, checkpoints: {} } satisfies AccessPolicy.AccessPolicy
  return yield* Effect.catchTag(AccessPolicy.merge(sources), "InvalidPolicy", ({ message }) =>
    Effect.as(
      Screen.warn(`plan: the base is not a valid policy, planning everything: ${printable(message)}`),
      undefined
    )
  )
})

/** A policy, its source texts, and the part to plan. Without `part`, all of it is planned. */
export interface Wanted {
  readonly policy: AccessPolicy.AccessPolicy
  readonly sources: ReadonlyArray<AccessPolicy.Source>
  /** The entries that differ from `base`, or whose access has ended. Without `base`, only access that has ended. */
  readonly part?: { readonly base?: AccessPolicy.AccessPolicy } | undefined
}

/** Returns the part of a policy to plan at a time, or `undefined` for all of it. */
const scopeAt = ({ part, policy }: Wanted, now: DateTime.Utc) =>
  part === undefined
    ? Either.right(undefined)
    : AccessPlan.scopeOf(policy, { ...part, day: DateTime.formatIsoDateUtc(now) })

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
export const needsNothing = Effect.fnUntraced(function* (wanted: Wanted) {
  const here = yield* DateTime.now
  const scope = yield* scopeAt(wanted, here)
  if (scope === undefined || scope.changed.length + scope.ended.length > 0) return false
  return !(yield* endsAround(wanted.policy, here))
})

/** Returns the policy with only the entries of these checkpoints. */
const only = (policy: AccessPolicy.AccessPolicy, checkpoints: ReadonlyArray<string>): AccessPolicy.AccessPolicy => {
  const some = new Set(checkpoints)
  return {
    ...policy,
    checkpoints: Object.fromEntries(Object.entries(policy.checkpoints).filter(([id]) => some.has(id)))
  }
}

/** Checks the projects of a policy, or of its changed entries. Returns nothing if none has changed. */
const check = (
  command: "plan" | "apply",
  connection: Connection,
  { policy, sources }: Wanted,
  scope: AccessPlan.AccessPlan["scope"]
) => {
  if (scope?.changed.length === 0) return Effect.succeed(undefined)
  return checkPolicy(command, connection, scope === undefined ? policy : only(policy, scope.changed), sources)
}

/** Checks the projects of a policy, then plans it or its part. The plan has the lines of the policy. */
export const planPolicy = Effect.fnUntraced(function* (
  command: "plan" | "apply",
  connection: Connection,
  wanted: Wanted
) {
  const { policy, sources } = wanted
  const here = yield* DateTime.now
  const checked = yield* check(command, connection, wanted, yield* scopeAt(wanted, here))
  if (checked === undefined && (yield* endsAround(policy, here))) yield* askTime(connection)
  const scope = yield* scopeAt(wanted, yield* connection.time.now)
  const plan = AccessPlan.withLines(yield* planOf(policy, connection, scope), sources)
  const locate = yield* Ids.locator(plan.policy, sources, Ids.archivedIn(checked?.projects ?? []))
  yield* checkArchived(command, checked?.projects, plan.checkpoints, locate)
  return { plan, names: checked?.names }
})

/** Checks the projects of a saved plan. Returns their names. */
export const checkSaved = Effect.fnUntraced(function* (connection: Connection, plan: AccessPlan.AccessPlan) {
  const checked = yield* check("apply", connection, { policy: plan.policy, sources: [] }, plan.scope)
  yield* checkArchived("apply", checked?.projects, plan.checkpoints)
  return checked?.names
})
