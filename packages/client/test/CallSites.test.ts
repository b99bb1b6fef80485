import { CheckpointPermissions, Organization, Pacing, ProjectModels, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { checkpoint, key, onFake, seeded, server } from "./support/setup.ts"

const adminKey = Redacted.make(key)
const options = { pacing: Pacing.none, retry: RetryPolicy.none }
const services = Layer.merge(
  Organization.layer({ ...options, adminKey }),
  ProjectModels.layer({ ...options, apiKey: Redacted.make("sk-proj-any"), projectId: "proj_a" })
).pipe(Layer.provideMerge(onFake({ ...options, fake: seeded(3) })))

it.effect("an error says where the call was made or the stream was asked for, unless stacks are turned off", () =>
  Effect.gen(function* () {
    const fake = yield* server
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const organization = yield* Organization.Organization
    const project = yield* ProjectModels.ProjectModels
    type Services = CheckpointPermissions.CheckpointPermissions | Organization.Organization
    type Call = Effect.Effect<unknown, Error, Services> | Stream.Stream<unknown, Error, Services>
    const calls = (): ReadonlyArray<readonly [name: string, call: Call]> => [
      ["CheckpointPermissions.list", service.list(checkpoint)],
      ["CheckpointPermissions.list", CheckpointPermissions.list(checkpoint)],
      ["CheckpointPermissions.list", service.list(checkpoint, { limit: 0 })],
      ["CheckpointPermissions.create", service.create(checkpoint, ["proj_a"])],
      ["CheckpointPermissions.delete", service.delete(checkpoint, "cp_1")],
      ["CheckpointPermissions.list", service.stream(checkpoint)],
      ["CheckpointPermissions.list", CheckpointPermissions.stream(checkpoint)],
      ["CheckpointPermissions.list", service.stream(checkpoint, { limit: 0 })],
      ["CheckpointPermissions.list", CheckpointPermissions.pages("")],
      ["Organization.list-projects", organization.projects()],
      ["Organization.list-projects", Organization.projects()],
      ["Organization.list-audit-logs", Organization.events()],
      ["Organization.list-admin-keys", organization.adminKeys],
      ["ProjectModels.list-models", project.models],
      ["ProjectModels.list-jobs", project.jobs],
      ["ProjectModels.list-job-checkpoints", project.checkpoints("ftjob-1")],
      // the listing itself is refused: the page is the same again
      ["CheckpointPermissions.list", CheckpointPermissions.stream(checkpoint, { limit: 1 })]
    ]
    const told = (call: Call) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(Effect.isEffect(call) ? call : Stream.runDrain(call))
        return Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "succeeded"
      })
    const faults = Effect.zipRight(
      fake.inject(Faults.error(404), { times: 13 }),
      fake.inject(Faults.page("repeated-cursor"), { times: 2 })
    )
    yield* faults
    for (const [name, call] of calls()) {
      assert.match(yield* told(call), new RegExp(`at ${name} \\(.*CallSites\\.test\\.ts:\\d+:\\d+`))
    }
    yield* faults
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    const withoutStacks = calls()
    Error.stackTraceLimit = limit
    for (const [name, call] of withoutStacks) {
      assert.notMatch(yield* told(call), new RegExp(`succeeded|at ${name} \\(.*CallSites`))
    }
    // made once, for whoever runs it
    yield* fake.inject(Faults.error(404))
    assert.notMatch(yield* told(Organization.adminKeys), /succeeded|Organization\.list-admin-keys \(/)
  }).pipe(Effect.provide(services))
)
