import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { audit } from "../audit/audit.ts"
import { read } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import { serverOf } from "../json.ts"
import type { AccessPolicy, ResolvedEntry } from "../policy/entry.ts"
import { dayOf, digest, resolve } from "../policy/resolve.ts"
import { countsOf, derive } from "./derive.ts"
import { type AccessPlan, type PlanOptions, Snapshots } from "./steps.ts"

/** The number of entries outside of the part that are tried before a 404 is judged. Some may be gone, too. */
const maxTried = 30

/** Returns true if the API lists one of these entries. */
const listsOne = (state: State, others: ReadonlyArray<ResolvedEntry>) =>
  Effect.map(
    Effect.findFirst(others.slice(0, maxTried), ({ checkpoint }) =>
      Effect.isSuccess(read(state.permissions, checkpoint))
    ),
    Option.isSome
  )

/** Lists the checkpoints of a policy, or of its part, and returns the steps that make the server match the policy. */
export const plan = Effect.fnUntraced(function* (state: State, policy: AccessPolicy, options: PlanOptions = {}) {
  const { concurrency, now = DateTime.now, onRow, scope, stop } = options
  const covered = scope && new Set(scope.changed)
  const all = yield* Effect.orDie(resolve(policy))
  const [others, entries] = Arr.partition(all, ({ checkpoint }) => covered?.has(checkpoint) ?? true)
  const { createdAt, rows } = yield* audit(
    state,
    entries.map(({ checkpoint }) => checkpoint),
    { concurrency, onRow, stop }
  )
  const day = dayOf(yield* now)
  // an audit has a row for each requested checkpoint, in their order
  const checkpoints = Arr.zip(entries, rows).flatMap(([entry, row]) => (row.complete ? [derive(entry, row, day)] : []))
  const failed = rows.flatMap((row) => (row.complete ? [] : [row]))
  const isMissing = failed.some(({ notFound }) => notFound === true)
  // a 404 may be of a proxy or a wrong address, unless the API lists another checkpoint
  const isServed = checkpoints.length > 0 || (isMissing && (yield* listsOne(state, others)))
  const [unread, gone] = Arr.partition(failed, ({ notFound }) => notFound === true && isServed)
  const made: AccessPlan = {
    format: "checkpoint-permissions/plan",
    version: 4,
    createdAt,
    day,
    ...serverOf(state.permissions.server),
    policy,
    policyDigest: yield* digest(policy, { day }),
    ...(scope === undefined ? {} : { scope }),
    counts: countsOf(checkpoints, unread),
    checkpoints,
    unread: unread.map(({ checkpoint, reason }) => ({ checkpoint, reason })),
    ...(gone.length === 0 ? {} : { gone: gone.map(({ checkpoint }) => ({ checkpoint })) })
  }
  const listed = new Set(checkpoints.map(({ checkpoint }) => checkpoint))
  return { ...made, snapshots: new Snapshots({ token: state.token, checkpoints: listed }) }
})
