/** The commands of the processes, as the command line runs them. */
import { Access, AccessPlan, type AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import type { HttpClient } from "@effect/platform"
import { Effect, Redacted, Stream } from "effect"
import type { Actor, Apply, Policy, Write } from "./scenario/scenario.ts"
import type { Claim } from "./trace.ts"

type Unsaid<A> = A extends unknown ? Omit<A, "at"> : never

export type Plant = (service: CheckpointPermissions.Service) => CheckpointPermissions.Service

/** The input of a process. */
export interface Given {
  /** Its name. */
  readonly run: string
  readonly client: Actor["client"]
  readonly policies: ReadonlyArray<Policy>
  /** Decorates its client, to plant a mistake. */
  readonly plant: Plant
  /** Writes down what it says. */
  readonly say: (claim: Unsaid<Claim>) => Effect.Effect<void>
  /** Writes down which plan it has. */
  readonly onPlan: (plan: AccessPlan.AccessPlan) => void
  /** Completes when the process has to stop. */
  readonly stop: Effect.Effect<void>
}

/** The services that a process needs. */
export type Environment = HttpClient.HttpClient

/** It fails with whatever its command fails with. */
export type Command<A = void> = Effect.Effect<A, { readonly _tag: string; readonly message: string }, Environment>

const projectIds = (projects: ReadonlyArray<string>) => projects.map((id) => Identifiers.ProjectId.make(id))

const policyOf = ({ policies }: Given, n: number): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: { ...(policies[n] ?? policies[0]) }
})

const service = ({ client, plant }: Given) =>
  CheckpointPermissions.make({
    adminKey: Redacted.make("sk-admin-simulation"),
    ...client,
    pacing: Pacing[client.pacing]
  }).pipe(Effect.map(plant))

const accessOf = (given: Given) => Effect.flatMap(service(given), Access.make)

/** Makes a plan and saves it. */
export const plan = (given: Given, step: Apply): Command<string> =>
  Effect.gen(function* () {
    const access = yield* accessOf(given)
    const made = yield* access.plan(policyOf(given, step.policy), { concurrency: step.concurrency })
    yield* given.say({ _tag: "planned", plan: made })
    return yield* AccessPlan.toJson(made)
  })

/** Applies a policy, or a plan that was saved. */
export const apply = (given: Given, step: Apply, saved: string | undefined): Command =>
  Effect.gen(function* () {
    const { onPlan, say, stop } = given
    const access = yield* accessOf(given)
    const made =
      saved === undefined
        ? yield* access.plan(policyOf(given, step.policy), { concurrency: step.concurrency })
        : yield* AccessPlan.fromJson(saved)
    onPlan(made)
    if (saved === undefined) {
      yield* say({ _tag: "planned", plan: made })
      yield* Effect.sleep(step.pause)
    }
    const options = { concurrency: step.concurrency, stop }
    yield* access.apply(made, options).pipe(Stream.runForEach((done) => say({ _tag: "step", step: done })))
  }).pipe(Effect.scoped)

export const write = Effect.fnUntraced(function* (given: Given, step: Write) {
  const access = yield* accessOf(given)
  const checkpoint = Identifiers.CheckpointId.make(step.checkpoint)
  const projects = projectIds(step.projects)
  yield* step._tag === "grant"
    ? Effect.flatMap(access.grant(checkpoint, projects), (report) => given.say({ _tag: "granted", report }))
    : Effect.flatMap(access.revoke(checkpoint, projects), (report) => given.say({ _tag: "revoked", report }))
})
