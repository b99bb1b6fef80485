import { behavior, type FetchOptions, faults, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI from "openai"
import { afterEach, assert, describe, it, vi } from "vitest"
import { checkpoint } from "./support.ts"

const keys = [behavior.adminKey("sk-admin-1"), behavior.ordinaryKey("sk-proj-1"), behavior.readOnlyKey("sk-read-1")]

/** The official SDK on a server of its own. */
const setup = (options: FetchOptions & { readonly key?: string; readonly maxRetries?: number } = {}) => {
  const { key = "sk-admin-1", maxRetries = 0, ...rest } = options
  const fetch = makeFetch(rest)
  const client = new OpenAI({ adminAPIKey: key, apiKey: "sk-proj-1", maxRetries, fetch })
  return { fetch, permissions: client.fineTuning.checkpoints.permissions }
}

const rejection = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => assert.fail("it was not rejected"),
    (reason: unknown) => reason
  )

const of = { fine_tuned_model_checkpoint: checkpoint }

afterEach(() => {
  vi.useRealTimers()
})

describe("the openai SDK on makeFetch", () => {
  it("creates, and reads every field of what was created", async () => {
    const { fetch, permissions } = setup({ clock: "manual" })
    const page = await permissions.create(checkpoint, { project_ids: ["proj_a", "proj_b"] })
    assert.deepEqual(page.data, [
      { id: "cp_000000000000000000000001", created_at: 0, object: "checkpoint.permission", project_id: "proj_a" },
      { id: "cp_000000000000000000000002", created_at: 0, object: "checkpoint.permission", project_id: "proj_b" }
    ])
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a", "proj_b"])
  })

  it("lists across pages, with every parameter", async () => {
    const { fetch, permissions } = setup({
      seed: { [checkpoint]: Array.from({ length: 25 }, (_, i) => `proj_${i}`) },
      behavior: { keys }
    })
    const all: Array<string> = []
    for await (const { project_id } of permissions.list(checkpoint, { limit: 10 })) all.push(project_id)
    assert.deepStrictEqual(
      all,
      Array.from({ length: 25 }, (_, i) => `proj_${24 - i}`)
    )
    assert.deepStrictEqual(fetch.requests()[2]?.query, { limit: "10", after: "cp_000000000000000000000006" })
    const one = await permissions.list(checkpoint, { project_id: "proj_3", order: "ascending", limit: 5 })
    assert.deepStrictEqual(
      one.data.map(({ project_id }) => project_id),
      ["proj_3"]
    )
  })

  it("deletes, and meets a permission that is gone as NotFoundError", async () => {
    const { permissions } = setup({ seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_a" }] } })
    assert.deepEqual(await permissions.delete("cp_1", of), {
      id: "cp_1",
      object: "checkpoint.permission",
      deleted: true
    })
    const error = await rejection(permissions.delete("cp_1", of))
    assert.instanceOf(error, OpenAI.NotFoundError)
    assert.strictEqual(error.param, "permission_id")
  })

  it("a wrong key and a missing scope are its AuthenticationError, or PermissionDeniedError with 403", async () => {
    const wrong = setup({ key: "sk-wrong", behavior: { keys } })
    const unknown = await rejection(wrong.permissions.list(checkpoint))
    assert.instanceOf(unknown, OpenAI.AuthenticationError)
    assert.strictEqual(unknown.code, "invalid_api_key")
    assert.match(String(unknown.requestID), /^req_/)
    const ordinary = setup({ key: "sk-proj-1", behavior: { keys } })
    const listed = await rejection(ordinary.permissions.list(checkpoint))
    assert.instanceOf(listed, OpenAI.AuthenticationError)
    assert.match(listed.message, /Missing scopes: api\.fine_tuning\.checkpoints\.read/)
    ordinary.fetch.setBehavior({ missingScopeStatus: 403 })
    assert.instanceOf(await rejection(ordinary.permissions.list(checkpoint)), OpenAI.PermissionDeniedError)
  })

  it("its other errors: bad request, conflict, a server's failure", async () => {
    const { fetch, permissions } = setup({
      seed: { [checkpoint]: ["proj_a"] },
      behavior: { regrant: "conflict" },
      faults: faults.scripted([{ fault: faults.html(502), operation: "list" }])
    })
    assert.instanceOf(await rejection(permissions.create(checkpoint, { project_ids: [] })), OpenAI.BadRequestError)
    assert.instanceOf(
      await rejection(permissions.create(checkpoint, { project_ids: ["proj_a"] })),
      OpenAI.ConflictError
    )
    assert.instanceOf(await rejection(permissions.list(checkpoint)), OpenAI.InternalServerError)
    fetch.inject(faults.error(422))
    assert.instanceOf(await rejection(permissions.list(checkpoint)), OpenAI.UnprocessableEntityError)
  })

  it("a lost reply is its APIConnectionError; its retry of a create grants twice", async () => {
    const { fetch, permissions } = setup({ behavior: { regrant: "second" } })
    fetch.inject(faults.dropAfter(), { operation: "create" })
    const error = await rejection(permissions.create(checkpoint, { project_ids: ["proj_a"] }))
    assert.instanceOf(error, OpenAI.APIConnectionError)
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a"])

    vi.useFakeTimers()
    fetch.inject(faults.dropAfter(), { operation: "create" })
    const retrying = permissions.create(checkpoint, { project_ids: ["proj_b"] }, { maxRetries: 2 })
    await vi.advanceTimersByTimeAsync(10_000)
    await retrying
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a", "proj_b", "proj_b"])
  })

  it("a 429 is its RateLimitError, and over when the manual clock says so", async () => {
    const { fetch, permissions } = setup({ behavior: { rate: { requests: 1, per: 60_000 } }, clock: "manual" })
    await permissions.list(checkpoint)
    const error = await rejection(permissions.list(checkpoint))
    assert.instanceOf(error, OpenAI.RateLimitError)
    assert.strictEqual(error.code, "rate_limit_exceeded")
    await fetch.advance(60_000)
    await permissions.list(checkpoint)
  })

  it("with fake timers: its retries give up on a quota of ten a minute, or wait as Retry-After asks", async () => {
    vi.useFakeTimers()
    const { fetch, permissions } = setup({ behavior: { rate: { requests: 10, per: 60_000 } }, maxRetries: 2 })
    for (let i = 0; i < 10; i++) await permissions.list(checkpoint)
    const givesUp = rejection(permissions.list(checkpoint))
    await vi.advanceTimersByTimeAsync(10_000)
    assert.instanceOf(await givesUp, OpenAI.RateLimitError)
    assert.lengthOf(fetch.requests(), 13)

    fetch.setBehavior({ rate: { requests: 10, per: 60_000, headers: "retry-after", countRefused: false } })
    await vi.advanceTimersByTimeAsync(60_000)
    for (let i = 0; i < 10; i++) await permissions.list(checkpoint)
    const waits = permissions.list(checkpoint)
    await vi.advanceTimersByTimeAsync(5999)
    assert.strictEqual(fetch.requests().at(-1)?.status, 429)
    await vi.advanceTimersByTimeAsync(1)
    await waits
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
