import { behavior, type FetchOptions, faults, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI from "openai"
import { afterEach, assert, describe, it, vi } from "vitest"
import { all, checkpoint, rejection } from "./support.ts"

const keys = [behavior.adminKey("sk-admin-1"), behavior.ordinaryKey("sk-proj-1")]

/** The official SDK on a server of its own. */
const setup = (options: FetchOptions & { readonly key?: string } = {}) => {
  const { key = "sk-admin-1", ...rest } = options
  const fetch = makeFetch(rest)
  const client = new OpenAI({ adminAPIKey: key, apiKey: "sk-proj-1", maxRetries: 0, fetch })
  return { fetch, permissions: client.fineTuning.checkpoints.permissions }
}

/** The same with both kinds of key, and what there is next to permissions. */
const setupOrganization = () => {
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
    behavior: { keys: [behavior.adminKey("sk-admin-1"), behavior.projectKey("sk-a", "proj_a")] }
  })
  return { fetch, client: new OpenAI({ adminAPIKey: "sk-admin-1", apiKey: "sk-a", maxRetries: 0, fetch }) }
}

afterEach(() => {
  vi.useRealTimers()
})

describe("the openai SDK on makeFetch", () => {
  it("a refusal is the error that it has for its status, with code, parameter and request id", async () => {
    const { fetch, permissions } = setup({
      seed: { [checkpoint]: ["proj_a"] },
      behavior: { regrant: "conflict", keys }
    })
    const gone = { fine_tuned_model_checkpoint: checkpoint }
    assert.instanceOf(await rejection(permissions.create(checkpoint, { project_ids: [] })), OpenAI.BadRequestError)
    const again = await rejection(permissions.create(checkpoint, { project_ids: ["proj_a"] }))
    assert.instanceOf(again, OpenAI.ConflictError)
    const missing = await rejection(permissions.delete("cp_gone", gone))
    assert.instanceOf(missing, OpenAI.NotFoundError)
    assert.strictEqual(missing.param, "permission_id")
    fetch.inject([faults.html(502), faults.error(422)])
    assert.instanceOf(await rejection(permissions.list(checkpoint)), OpenAI.InternalServerError)
    assert.instanceOf(await rejection(permissions.list(checkpoint)), OpenAI.UnprocessableEntityError)
    const wrong = await rejection(setup({ key: "sk-wrong", behavior: { keys } }).permissions.list(checkpoint))
    assert.instanceOf(wrong, OpenAI.AuthenticationError)
    assert.strictEqual(wrong.code, "invalid_api_key")
    assert.match(String(wrong.requestID), /^req_/)
    const ordinary = setup({ key: "sk-proj-1", behavior: { keys } })
    assert.instanceOf(await rejection(ordinary.permissions.list(checkpoint)), OpenAI.AuthenticationError)
  })

  it("its timeout aborts, and what was executed stays so", async () => {
    vi.useFakeTimers()
    const { fetch, permissions } = setup({ behavior: { replyLatency: 60_000 } })
    const error = rejection(permissions.create(checkpoint, { project_ids: ["proj_a"] }, { timeout: 1000 }))
    await vi.advanceTimersByTimeAsync(1000)
    assert.instanceOf(await error, OpenAI.APIConnectionTimeoutError)
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a"])
    assert.strictEqual(fetch.requests()[0]?.outcome, "abandoned")
  })
})

describe("the openai SDK on the routes next to checkpoint permissions", () => {
  it("jobs and their checkpoints: its pages go on without a last_id, and metadata filters", async () => {
    const { client, fetch } = setupOrganization()
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
})
