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

it.effect("an error says where the stream was asked for, whoever is to blame", () =>
  Effect.gen(function* () {
    const fake = yield* server
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const organization = yield* Organization.Organization
    const project = yield* ProjectModels.ProjectModels
    type Services = CheckpointPermissions.CheckpointPermissions | Organization.Organization
    const calls: ReadonlyArray<readonly [name: string, stream: Stream.Stream<object, Error, Services>]> = [
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
    yield* fake.inject(Faults.error(404), { times: 9 })
    yield* fake.inject(Faults.page("repeated-cursor"), { times: 2 })
    for (const [name, stream] of calls) {
      const exit = yield* Effect.exit(Stream.runDrain(stream))
      const text = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "succeeded"
      assert.match(text, new RegExp(`at ${name} \\(.*CallSites\\.test\\.ts:\\d+:\\d+`))
    }
    // made once, for whoever runs it
    yield* fake.inject(Faults.error(404))
    const exit = yield* Effect.exit(Stream.runDrain(Organization.adminKeys))
    assert.notMatch(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /Organization\.list-admin-keys \(/)
  }).pipe(Effect.provide(services))
)
