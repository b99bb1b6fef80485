/** Where an operation was called is in the error that it fails with. */
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

/** What is printed of the failure of a stream. */
const failed = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Effect.exit(Stream.runDrain(stream)), (exit) =>
    Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "succeeded"
  )

it.effect("of streams, whether the server, the input or the listing is to blame", () =>
  Effect.gen(function* () {
    const fake = yield* server
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const here = /at CheckpointPermissions\.list \(.*CallSites\.test\.ts:\d+:\d+/
    yield* fake.inject(Faults.error(404), { times: 2 })
    assert.match(yield* failed(service.stream(checkpoint)), here)
    assert.match(yield* failed(CheckpointPermissions.stream(checkpoint)), here)
    assert.match(yield* failed(service.stream(checkpoint, { limit: 0 })), here)
    assert.match(yield* failed(CheckpointPermissions.pages("")), here)
    yield* fake.inject(Faults.page("repeated-cursor"), { times: 9 })
    const incomplete = yield* failed(CheckpointPermissions.stream(checkpoint, { limit: 1 }))
    assert.include(incomplete, "cannot be trusted")
    assert.match(incomplete, here)
  }).pipe(Effect.provide(services))
)

it.effect("of the lists next to those of permissions", () =>
  Effect.gen(function* () {
    const fake = yield* server
    yield* fake.inject(Faults.error(404), { times: 10 })
    const organization = yield* Organization.Organization
    const project = yield* ProjectModels.ProjectModels
    const calls: Readonly<Record<string, ReadonlyArray<Stream.Stream<object, Error, Organization.Organization>>>> = {
      "Organization.list-projects": [organization.projects(), Organization.projects()],
      "Organization.list-audit-logs": [organization.events(), Organization.events()],
      "Organization.list-admin-keys": [organization.adminKeys],
      "ProjectModels.list-models": [project.models],
      "ProjectModels.list-jobs": [project.jobs],
      "ProjectModels.list-job-checkpoints": [project.checkpoints("ftjob-1")]
    }
    for (const [name, streams] of Object.entries(calls)) {
      for (const stream of streams) {
        assert.match(yield* failed(stream), new RegExp(`at ${name} \\(.*CallSites\\.test\\.ts:\\d+:\\d+`))
      }
    }
    const everywhere = yield* failed(Organization.adminKeys)
    assert.include(everywhere, "Organization.list-admin-keys")
    assert.notMatch(everywhere, /Organization\.list-admin-keys \(/, "made once, for whoever runs it")
  }).pipe(Effect.provide(services))
)
