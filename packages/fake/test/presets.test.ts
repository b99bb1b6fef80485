import { emulator, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI from "openai"
import type { ModelPermissionUpdateParams } from "openai/resources/admin/organization/projects/model-permissions"
import { assert, describe, it } from "vitest"
import { checkpoint } from "./support.ts"

const clientOf = (fetch: typeof globalThis.fetch, adminAPIKey = "My Admin API Key") =>
  new OpenAI({ adminAPIKey, apiKey: "My API Key", fetch, maxRetries: 0 })

/** The status of a call that fails. */
const refused = async (call: Promise<unknown>): Promise<number | undefined> => {
  const error = await call.catch((reason: unknown) => reason)
  assert.instanceOf(error, OpenAI.APIError)
  return error.status
}

describe("presets", () => {
  it("sdk-tests: what the official SDK's own tests of these routes call", async () => {
    const model = "ft-AF1WoRqd3aJAHsqc9NY7iL8F"
    const { admin, fineTuning, models } = clientOf(makeFetch(emulator.ofPreset("sdk-tests")))
    const { permissions } = fineTuning.checkpoints
    const query = { after: "after", limit: 0, order: "ascending", project_id: "project_id" } as const
    assert.strictEqual((await permissions.create(model, { project_ids: ["string"] })).data.length, 1)
    assert.deepStrictEqual((await permissions.list(model, query)).data, [])
    assert.strictEqual((await permissions.retrieve(model, query)).object, "list")
    const id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB"
    const deleted = await permissions.delete(id, { fine_tuned_model_checkpoint: model })
    assert.deepStrictEqual(deleted, { id, object: "checkpoint.permission", deleted: true })

    const page = { after: "after", limit: 0 }
    const { auditLogs, projects } = admin.organization
    assert.lengthOf((await models.list()).data, 1)
    assert.deepStrictEqual((await fineTuning.jobs.list({ ...page, metadata: { foo: "string" } })).data, [])
    assert.deepStrictEqual((await fineTuning.jobs.checkpoints.list(model, page)).data, [])
    assert.deepStrictEqual((await projects.list({ ...page, include_archived: true })).data, [])
    const events = await auditLogs.list({
      ...page,
      before: "before",
      actor_emails: ["string"],
      actor_ids: ["string"],
      effective_at: { gt: 0, gte: 0, lt: 0, lte: 0 },
      event_types: ["api_key.created"],
      project_ids: ["string"],
      resource_ids: ["string"]
    })
    assert.deepStrictEqual(events.data, [])
    const settings: ModelPermissionUpdateParams = { mode: "allow_list", model_ids: ["string"] }
    assert.strictEqual((await projects.modelPermissions.retrieve("project_id")).mode, "deny_list")
    assert.deepInclude(await projects.modelPermissions.update("project_id", settings), settings)
    for (let n = 0; n < 2; n++) assert.isTrue((await projects.modelPermissions.delete("project_id")).deleted)
  })

  it("a random seed is that of the faults of a preset too, but not of a plan with a seed of its own", () => {
    const flaky = emulator.parseSettings({ randomSeed: 9 }, emulator.ofPreset("flaky"))
    assert.deepInclude(flaky.faults, { seed: 9, probability: 0.2, consecutive: 2 })
    const own = emulator.parseSettings({ faults: { probability: 0.5, seed: 4 } })
    assert.deepInclude(emulator.parseSettings({ randomSeed: 9 }, own).faults, { seed: 4 })
  })

  it("strict: what can be refused is, and there are two kinds of key", async () => {
    const fetch = makeFetch({ ...emulator.ofPreset("strict"), seed: { [checkpoint]: ["proj_a"] } })
    const { permissions } = clientOf(fetch, "sk-admin-1").fineTuning.checkpoints
    const first = fetch.permissions(checkpoint)[0]?.id ?? ""
    assert.strictEqual(await refused(permissions.create(checkpoint, { project_ids: ["proj_a"] })), 409)
    assert.strictEqual(await refused(permissions.list(checkpoint, { limit: 101 }).then()), 400)
    assert.strictEqual(await refused(permissions.list(checkpoint, { after: "cp_none" }).then()), 400)
    assert.strictEqual(await refused(permissions.list("ft:unknown").then()), 404)
    const gone = { fine_tuned_model_checkpoint: checkpoint }
    assert.isTrue((await permissions.delete(first, gone)).deleted)
    assert.strictEqual(await refused(permissions.delete(first, gone)), 404)
    const ordinary = clientOf(fetch, "sk-other").fineTuning.checkpoints
    assert.strictEqual(await refused(ordinary.permissions.list(checkpoint).then()), 401)
  })

  it("production: ten calls a minute of each operation, and a job checkpoint's own id is 500", async () => {
    const fetch = makeFetch({ ...emulator.ofPreset("production"), clock: "manual" })
    const { permissions } = clientOf(fetch, "sk-admin-1").fineTuning.checkpoints
    const calls = [
      ...Array.from({ length: 11 }, () => permissions.list(checkpoint).then(() => 200)),
      permissions.create(checkpoint, { project_ids: ["proj_a"] }).then(() => 200)
    ]
    const outcomes = Promise.all(calls.map((call) => call.catch((error: unknown) => refused(Promise.reject(error)))))
    await fetch.advance(1000)
    assert.deepStrictEqual((await outcomes).toSorted(), [...Array.from({ length: 11 }, () => 200), 429])
    const wrong = refused(permissions.create("ftckpt_1", { project_ids: ["proj_a"] }))
    await fetch.advance(1000)
    assert.strictEqual(await wrong, 500)
  })
})
