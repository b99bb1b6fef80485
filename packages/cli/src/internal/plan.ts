/** What a policy would change, shown or saved. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as difference from "./difference.ts"
import { Incomplete, Pending, WrongUse } from "./failure.ts"
import * as output from "./output.ts"
import * as policies from "./policy.ts"
import * as Screen from "./screen.ts"
import { withPermissions } from "./server.ts"
import type { ServerOptions } from "./serverOptions.ts"
import { counted, visibleJson } from "./text.ts"
import { time } from "./time.ts"

export interface PlanOptions extends ServerOptions {
  readonly file: ReadonlyArray<string>
  readonly out: Option.Option<string>
  readonly force: boolean
  readonly json: boolean
  readonly exitCode: boolean
  readonly format: Option.Option<"text" | "markdown">
}

/** How long so many further listings take, if that is worth a word. */
export const left = (permissions: Service, listings: number): Effect.Effect<string> =>
  Effect.map(permissions.estimate({ list: listings }), (duration) =>
    listings === 0 ? "" : `, ${listings} left, about ${time(duration)}`
  )

/** Reads every checkpoint of a policy, telling how far it is. */
export const made = Effect.fnUntraced(function* (policy: AccessPolicy.AccessPolicy) {
  const screen = yield* Screen.Screen
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const checkpoints = AccessPolicy.resolve(policy).length
  yield* screen.progress(`plan: reads ${counted(checkpoints, "checkpoint")}${yield* left(permissions, checkpoints)}`)
  const plan = yield* Access.plan(policy, {
    onProgress: ({ done, total }) =>
      Effect.flatMap(left(permissions, total - done), (rest) =>
        screen.progress(`plan: ${done} of ${counted(total, "checkpoint")} read${rest}`)
      )
  })
  yield* screen.clear
  return plan
})

export const run = (options: PlanOptions) =>
  Effect.gen(function* () {
    if (options.json && Option.isSome(options.format)) {
      return yield* new WrongUse({ message: "--json is a format of its own: leave out --format, or --json" })
    }
    const policy = yield* policies.load(options.file)
    const target = Option.map(options.out, (path) => ({ what: "plan file", path, force: options.force }))
    if (Option.isSome(target)) yield* output.check(target.value)
    const checkpoints = AccessPolicy.resolve(policy).map(({ checkpoint }) => checkpoint)
    return yield* withPermissions(options, checkpoints, (permissions) =>
      Effect.gen(function* () {
        const screen = yield* Screen.Screen
        const plan = yield* made(policy)
        const estimate = yield* Access.estimate(plan)
        const sha256 = yield* AccessPlan.sha256Of(plan)
        if (Option.isSome(target)) yield* output.write(target.value, yield* AccessPlan.toJson(plan))
        if (options.json) yield* screen.print(visibleJson(yield* AccessPlan.toJson(plan)))
        else if (Option.contains(options.format, "markdown")) {
          yield* screen.print(difference.markdown(plan, estimate, Option.isSome(target) ? sha256 : undefined))
        } else {
          yield* screen.print(difference.text(plan, estimate, screen.out))
          if (Option.isSome(target)) yield* screen.print(`Plan ${sha256}\n`)
        }
        if (plan.counts.unread > 0) {
          return yield* new Incomplete({
            message: `plan: ${counted(plan.counts.unread, "checkpoint")} could not be read: nothing is planned there`
          })
        }
        if (options.exitCode && !AccessPlan.isEmpty(plan)) return yield* new Pending()
      }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
    )
  })
