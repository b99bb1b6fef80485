import { behavior, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI from "openai"
import { assert, describe, it } from "vitest"
import { checkpoint } from "./support.ts"

/** The official SDK, with both kinds of key, on a server of its own. */
const setup = (settings: behavior.Settings = {}) => {
  const fetch = makeFetch({
    clock: "manual",
    organization: {
      projects: ["proj_default", { id: "proj_old", archived_at: 1 }, "proj_a", "proj_b"],
      models: [{ id: "gpt-4o-mini-2024-07-18", shutdown_date: "2027-01-31" }],
      jobs: Array.from({ length: 25 }, (_, i) => ({
        id: `ftjob-${i}`,
        fine_tuned_model: i === 0 ? null : i === 24 ? checkpoint : `ft:gpt-4o-mini-2024-07-18:org:weather:${i}`,
        project: "proj_a",
        metadata: { parity: i % 2 === 0 ? "even" : "odd" }
      }))
    },
    behavior: { keys: [behavior.adminKey("sk-admin-1"), behavior.projectKey("sk-a", "proj_a")], ...settings }
  })
  return { fetch, client: new OpenAI({ adminAPIKey: "sk-admin-1", apiKey: "sk-a", maxRetries: 0, fetch }) }
}

const all = async <T>(pages: AsyncIterable<T>): Promise<ReadonlyArray<T>> => {
  const items: Array<T> = []
  for await (const item of pages) items.push(item)
  return items
}

describe("the openai SDK on the routes next to checkpoint permissions", () => {
  it("jobs and their checkpoints: its pages go on without a last_id, and metadata filters", async () => {
    const { client, fetch } = setup()
    const jobs = await all(client.fineTuning.jobs.list({ limit: 10 }))
    assert.deepStrictEqual(
      jobs.map(({ id }) => id),
      Array.from({ length: 25 }, (_, i) => `ftjob-${24 - i}`)
    )
    assert.lengthOf(fetch.requests(), 3)
    assert.lengthOf(await all(client.fineTuning.jobs.list({ metadata: { parity: "odd" } })), 12)
    const [made] = await all(client.fineTuning.jobs.checkpoints.list("ftjob-24"))
    assert.strictEqual(made?.fine_tuned_model_checkpoint, checkpoint)
  })

  it("projects: pages, and archived ones on request", async () => {
    const { client } = setup()
    const { projects } = client.admin.organization
    const ids = async (query: { readonly include_archived?: boolean }) =>
      (await all(projects.list({ ...query, limit: 1 }))).map(({ id }) => id)
    assert.deepStrictEqual(await ids({}), ["proj_default", "proj_a", "proj_b"])
    assert.deepStrictEqual(await ids({ include_archived: true }), ["proj_default", "proj_old", "proj_a", "proj_b"])
  })

  it("audit logs: its filters are understood, lists and ranges too", async () => {
    const { client, fetch } = setup()
    const { permissions } = client.fineTuning.checkpoints
    for (const project of ["proj_b", "proj_c", "proj_d"]) {
      await fetch.advance(10_000)
      await permissions.create(checkpoint, { project_ids: [project] })
    }
    await permissions.delete("cp_000000000000000000000001", { fine_tuned_model_checkpoint: checkpoint })
    const { auditLogs } = client.admin.organization
    const numbers = async (query: OpenAI.Admin.Organization.AuditLogListParams) =>
      (await all(auditLogs.list({ limit: 2, ...query }))).map(({ id }) => Number(id.slice("audit_log-".length)))
    assert.deepStrictEqual(await numbers({}), [4, 3, 2, 1])
    assert.deepStrictEqual(await numbers({ effective_at: { gt: 10, lte: 20 } }), [2])
    assert.deepStrictEqual(await numbers({ effective_at: { gte: 10, lt: 30 } }), [2, 1])
    const { created, deleted } = {
      created: "checkpoint.permission.created",
      deleted: "checkpoint.permission.deleted"
    } as const
    assert.deepStrictEqual(await numbers({ event_types: [deleted] }), [4])
    assert.deepStrictEqual(await numbers({ event_types: [created, deleted] }), [4, 3, 2, 1])
    assert.deepStrictEqual(await numbers({ resource_ids: ["cp_000000000000000000000001"] }), [4, 1])
    assert.deepStrictEqual(await numbers({ project_ids: ["proj_a"], actor_ids: ["key_1"] }), [])
    assert.deepStrictEqual(await numbers({ actor_emails: ["admin@example.com"], tenant_only: false }), [4, 3, 2, 1])
  })

  it("each kind of key answers for its own routes", async () => {
    const { client, fetch } = setup()
    await client.models.list()
    await client.admin.organization.projects.list()
    await client.fineTuning.checkpoints.permissions.list(checkpoint)
    assert.deepStrictEqual(
      fetch.requests().map((request) => [request.key(), request.status]),
      [
        ["sk-a", 200],
        ["sk-admin-1", 200],
        ["sk-admin-1", 200]
      ]
    )
    const turned = new OpenAI({ adminAPIKey: "sk-a", apiKey: "sk-admin-1", maxRetries: 0, fetch })
    const errors = await Promise.allSettled([turned.models.list(), turned.admin.organization.auditLogs.list()])
    for (const error of errors) {
      assert(error.status === "rejected")
      assert.instanceOf(error.reason, OpenAI.AuthenticationError)
    }
  })
})
