/** Reads many checkpoints, telling how far it is. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import type { Given } from "../input/checkpoints.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

/** How long so many further listings take, if that is worth a word. */
const left = (permissions: Service, listings: number): Effect.Effect<string> =>
  Effect.map(permissions.estimate({ list: listings }), (duration) =>
    listings === 0 ? "" : `, ${listings} left, about ${time(duration)}`
  )

/** Reads every checkpoint of a policy, telling how far it is. */
export const planOf = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const checkpoints = AccessPolicy.resolve(policy).length
  yield* screen.progress(`plan: reads ${counted(checkpoints, "checkpoint")}${yield* left(permissions, checkpoints)}`)
  let read = 0
  const plan = yield* Access.plan(policy, {
    onProgress: ({ done, total }) => {
      read = done
      return Effect.flatMap(left(permissions, total - done), (rest) =>
        screen.progress(`plan: ${done} of ${counted(total, "checkpoint")} read${rest}`)
      )
    }
  }).pipe(
    Effect.onInterrupt(() =>
      screen.complain(
        `checkpoint-permissions: plan: interrupted, ${read} of ${counted(checkpoints, "checkpoint")} read: no plan is made`
      )
    )
  )
  yield* screen.clear
  return plan
})

/** Reads checkpoints into a matrix, telling how far it is. */
export const matrixOf = (
  name: string,
  { checkpoints, names, owners }: Given,
  options: Pick<Access.AuditOptions, "project" | "previous" | "stop">
) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const permissions = yield* CheckpointPermissions.CheckpointPermissions
    const { duration } = yield* Access.estimateReading(checkpoints.length)
    yield* screen.note(
      screen.err.dim(`Reads ${counted(checkpoints.length, "checkpoint")}, about ${time(duration)} at the present pace.`)
    )
    yield* screen.progress(`${name}: asking for the first of ${counted(checkpoints.length, "checkpoint")}`)
    const matrix = yield* Access.audit(checkpoints, {
      ...options,
      names,
      owners,
      onRow: (_, { done, total }) =>
        Effect.flatMap(left(permissions, total - done), (rest) =>
          screen.progress(`${name}: ${done} of ${counted(total, "checkpoint")} read${rest}`)
        )
    })
    yield* screen.clear
    return matrix
  })
