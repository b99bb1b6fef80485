import { inspect } from "node:util"
import { Organization, Pacing, ProjectModels } from "@checkpoint-permissions/client"
import { Organization as Schemas } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { scopedWith } from "../../core/test/effects.ts"
import { collect, key, server } from "./support/setup.ts"

const organization = Organization.layer({ adminKey: Redacted.make(key), pacing: Pacing.none }).pipe(
  Layer.provideMerge(FakePermissions.layer())
)

const projectKey = "sk-proj-T3st+K3y/with=%25"
const project = ProjectModels.layer({
  apiKey: Redacted.make(projectKey),
  projectId: "proj_a",
  organizationId: "org-1"
}).pipe(Layer.provideMerge(FakePermissions.layer()))

const event = {
  id: "audit_log-1",
  type: "checkpoint.permission.created",
  effective_at: 1_762_160_400,
  added: { tomorrow: 1 },
  actor: { type: "session", session: { user: { id: "user-1", email: "ana@example.com" }, ip_address: "203.0.113.7" } },
  "checkpoint.permission.created": { id: "cp_1", data: { project_id: "proj_a", other: true } }
}

describe("a list next to those of permissions", () => {
  scopedWith("keeps what is unknown, and is what the schema says", organization, function* () {
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
  })

  it.effect("names project and organization in the headers, and the project only where it is of one", () =>
    Effect.gen(function* () {
      const models = yield* ProjectModels.ProjectModels
      yield* Stream.runDrain(models.jobs)
      const [request] = yield* (yield* server).requests
      assert.strictEqual(request?.headers["openai-project"], "proj_a")
      assert.strictEqual(request?.headers["openai-organization"], "org-1")
    }).pipe(Effect.provide(project))
  )

  scopedWith("shows no project key, however it is printed", project, function* () {
    const models = yield* ProjectModels.ProjectModels
    const error = yield* Effect.flip(Stream.runDrain(models.checkpoints(`ftjob-${projectKey}`)))
    for (const value of [models, error, Cause.fail(error)]) {
      const texts = [inspect(value, { depth: 30, showHidden: true }), JSON.stringify(value), String(value)].join()
      for (const form of [projectKey, encodeURIComponent(projectKey)]) assert.notInclude(texts, form)
    }
  })
})
