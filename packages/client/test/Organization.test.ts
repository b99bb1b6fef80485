import { inspect } from "node:util"
import { Organization, Pacing, ProjectModels } from "@checkpoint-permissions/client"
import { Organization as Schemas } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { collect, key, server } from "./support/setup.ts"

const organization = (options: Partial<Organization.Options> = {}, fake: FakePermissions.Options = {}) =>
  Organization.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...options }).pipe(
    Layer.provideMerge(FakePermissions.layer(fake))
  )

const projectKey = "sk-proj-T3st+K3y/with=%25"
const project = (options: Partial<ProjectModels.Options> = {}, fake: FakePermissions.Options = {}) =>
  ProjectModels.layer({ apiKey: Redacted.make(projectKey), projectId: "proj_a", ...options }).pipe(
    Layer.provideMerge(FakePermissions.layer(fake))
  )

const event = {
  id: "audit_log-1",
  type: "checkpoint.permission.created",
  effective_at: 1_762_160_400,
  added: { tomorrow: 1 },
  actor: { type: "session", session: { user: { id: "user-1", email: "ana@example.com" }, ip_address: "203.0.113.7" } },
  "checkpoint.permission.created": { id: "cp_1", data: { project_id: "proj_a", other: true } }
}

describe("a list next to those of permissions", () => {
  it.effect("keeps what is unknown, and is what the schema says", () =>
    Effect.gen(function* () {
      const fake = yield* server
      yield* fake.inject(
        {
          _tag: "Reply",
          status: 200,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ object: "list", data: [event], has_more: false }),
          worked: false
        },
        { operation: "list-audit-logs" }
      )
      const found = yield* collect(Organization.events())
      assert.deepStrictEqual(found, [event])
      assert.deepStrictEqual(yield* Schema.decodeUnknown(Schema.Array(Schemas.AuditEvent))(found), found)
    }).pipe(Effect.provide(organization()))
  )

  it.effect("names project and organization in the headers, and the project only where it is of one", () =>
    Effect.gen(function* () {
      const models = yield* ProjectModels.ProjectModels
      yield* Stream.runDrain(models.jobs)
      const [request] = yield* (yield* server).requests
      assert.strictEqual(request?.headers["openai-project"], "proj_a")
      assert.strictEqual(request?.headers["openai-organization"], "org-1")
    }).pipe(Effect.provide(project({ organizationId: "org-1" })))
  )

  it.effect("says which kind of key it needs", () =>
    Effect.gen(function* () {
      const behavior = { keys: [], unknownKeys: "by-prefix", defaultProject: "proj_a" } as const
      const ofAdmin = yield* Effect.flip(Stream.runDrain(Organization.adminKeys)).pipe(
        Effect.provide(organization({ adminKey: Redacted.make(projectKey) }, { behavior }))
      )
      assert.match(ofAdmin.message, /^admin keys: the key lacks api.management.read: .*; use an admin key that has it$/)
      const other = yield* ProjectModels.ProjectModels.pipe(
        Effect.flatMap((models) => Effect.flip(Stream.runDrain(models.jobs))),
        Effect.provide(project({ projectId: "proj_b" }, { behavior }))
      )
      assert.match(
        other.message,
        /code mismatched_project.*\); this listing requires an ordinary key of the project in projectId/
      )
      const refused = yield* Effect.flip(Layer.build(project({ apiKey: Redacted.make("sk-admin-secret") }))).pipe(
        Effect.scoped
      )
      assert.match(refused.message, /^make: invalid apiKey: an admin key lists no models or jobs: pass an ordinary key/)
      const none = yield* Organization.events().pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provide(organization({}, { behavior: { auditLog: "off" } }))
      )
      assert.match(none.message, /an owner of the organization can turn it on$/)
    })
  )

  it.effect("shows no project key, however it is printed", () =>
    Effect.gen(function* () {
      const models = yield* ProjectModels.ProjectModels
      const error = yield* Effect.flip(Stream.runDrain(models.checkpoints(`ftjob-${projectKey}`)))
      for (const value of [models, error, Cause.fail(error)]) {
        const texts = [inspect(value, { depth: 30, showHidden: true }), JSON.stringify(value), String(value)].join()
        for (const form of [projectKey, encodeURIComponent(projectKey)]) assert.notInclude(texts, form)
      }
    }).pipe(Effect.provide(project()))
  )
})
