import { emulator, type FetchOptions, makeFetch } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { checkpoint, field, items } from "./support.ts"

interface Sent {
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Received {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** An emulator: `call` takes a path or a whole URL. */
interface Running {
  readonly call: (method: string, path: string, sent?: Sent) => Promise<Received>
}

const origin = "http://localhost"

const running = (options: FetchOptions): Running => {
  const fetch = makeFetch(options)
  return {
    call: async (method, path, { headers, json, text } = {}) => {
      const body = text ?? (json === undefined ? undefined : JSON.stringify(json))
      const reply = await fetch(path.startsWith("http") ? path : `${origin}${path}`, {
        method,
        headers: {
          ...(path.includes("/v1/") ? { authorization: "Bearer any" } : {}),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body })
      })
      return { status: reply.status, headers: reply.headers, body: await reply.json() }
    }
  }
}

const permissionsPath = (of = checkpoint) => `/fine_tuning/checkpoints/${encodeURIComponent(of)}/permissions`
const path = `/v1${permissionsPath()}`
const granting = (...projects: ReadonlyArray<string>): Sent => ({ json: { project_ids: projects } })

const refused = (reply: Received, status: number, message: RegExp) => {
  assert.strictEqual(reply.status, status, JSON.stringify(reply.body))
  assert.match(String(field(reply.body, "error", "message")), message)
  assert.strictEqual(field(reply.body, "error", "type"), "control_error")
}

const test = (what: string, options: FetchOptions, use: (running: Running) => Promise<void>) =>
  it(what, () => use(running(options)))

describe("control routes", () => {
  test("GET /__fake lists them, GET /__fake/health answers", {}, async ({ call }) => {
    const listed = await call("GET", "/__fake")
    const routes = items({ body: { data: field(listed.body, "routes") } }, "path")
    const some = "/health /reset /seed /behavior /faults /requests /permissions /clock".split(" ")
    assert.includeMembers([...routes], ["/__fake", ...some.map((route) => `/__fake${route}`)])
    assert.strictEqual(field((await call("GET", "/__fake/health")).body, "status"), "ok")
  })

  test("a user at the dashboard grants and deletes", { behavior: { dashboardEvents: 1 } }, async ({ call }) => {
    await call("PATCH", "/__fake/behavior", { json: { dashboardEvents: 1, auditReach: "90 days" } })
    const at = `/__fake/permissions/${encodeURIComponent(checkpoint)}`
    const made = await call("POST", at, { json: { project_id: "proj_a", by: "ana@example.com" } })
    assert.strictEqual(field(made.body, "project_id"), "proj_a")
    await call("POST", at, { json: { project_id: "proj_b" } })
    assert.strictEqual((await call("DELETE", `${at}/${field(made.body, "id")}?by=ben@example.com`)).status, 200)
    const log = await call("GET", "/v1/organization/audit_logs")
    const emails = [0, 1, 2].map((i) => field(log.body, "data", i, "actor", "session", "user", "email"))
    assert.deepStrictEqual(emails, ["ben@example.com", "admin@example.com", "ana@example.com"])
  })

  test("a seed adds and replaces permissions, and DELETE removes one without a request of the API", {}, async ({
    call
  }) => {
    const seed = (project: string) =>
      call("POST", "/__fake/seed", { json: { [checkpoint]: [{ project_id: project, id: "cp_a" }, "proj_b"] } })
    const seeded = await seed("proj_a")
    assert.deepStrictEqual(items({ body: { data: field(seeded.body, checkpoint) } }, "project_id"), [
      "proj_a",
      "proj_b"
    ])
    await seed("proj_c")
    const projects = async () => {
      const all = field((await call("GET", "/__fake/permissions")).body, checkpoint)
      return items({ body: { data: all } }, "project_id")
    }
    assert.deepStrictEqual(await projects(), ["proj_b", "proj_c", "proj_b"])
    assert.strictEqual((await call("DELETE", `/__fake/permissions/${encodeURIComponent(checkpoint)}/cp_a`)).status, 200)
    assert.deepStrictEqual(items(await call("GET", path), "project_id"), ["proj_b", "proj_b"])
    assert.deepStrictEqual(await projects(), ["proj_b", "proj_b"])
  })

  test("behavior: durations are texts in requests and replies, and an invalid change changes nothing", {}, async ({
    call
  }) => {
    const changes = { regrant: "conflict", latency: "0ms-2ms", listingLag: "2 minutes", rate: "10/minute" }
    const changed = await call("PATCH", "/__fake/behavior", { json: changes })
    const shown = (await call("GET", "/__fake/behavior")).body
    assert.deepStrictEqual(changed.body, shown)
    assert.deepInclude(shown, { ...changes, rate: { requests: 10, per: "1 minute" } })
    assert.strictEqual(
      (await call("PATCH", "/__fake/behavior", { json: { ...changes, regrant: "twice" } })).status,
      400
    )
    assert.deepStrictEqual((await call("GET", "/__fake/behavior")).body, shown)
  })

  test("faults: the next that match, a plan, none", {}, async ({ call }) => {
    const fault = (json: unknown) => call("POST", "/__fake/faults", { json })
    await fault({ fault: "server-error", operation: "create", checkpoint, times: 2 })
    await fault({ fault: { _tag: "Reply", status: 418, body: { error: "tea" } }, operation: "list" })
    const statuses = async () => [
      (await call("GET", path)).status,
      (await call("POST", path, granting("proj_a"))).status
    ]
    assert.deepStrictEqual(await statuses(), [418, 500])
    assert.deepStrictEqual(await statuses(), [200, 500])
    assert.deepStrictEqual(await statuses(), [200, 200])
    const plan = { entries: [{ fault: { _tag: "Html", status: 502 }, operation: "list", nth: 2 }] }
    assert.strictEqual((await call("PUT", "/__fake/faults", { json: plan })).status, 200)
    assert.deepStrictEqual(await statuses(), [200, 200])
    await call("PUT", "/__fake/faults", { json: { probability: 1, kinds: ["server-error"], seed: 3 } })
    assert.isAtLeast((await statuses())[0] ?? 0, 500)
    await call("DELETE", "/__fake/faults")
    assert.deepStrictEqual(await statuses(), [200, 200])
    const headers = { "x-odd!": "\tcaf\u00e9 " }
    await fault({ fault: { _tag: "Reply", status: 503, headers, body: {} } })
    const entry = { fault: { _tag: "DropAfter", code: "ECONNRESET" }, operation: "create", checkpoint: "ft:other" }
    await fault(entry)
    assert.strictEqual((await call("GET", path)).status, 503)
    assert.deepStrictEqual((await call("GET", "/__fake/faults")).body, { unused: [entry] })
    await call("DELETE", "/__fake/faults")
    assert.deepStrictEqual((await call("GET", "/__fake/faults")).body, { unused: [] })
  })

  test("requests: by operation, checkpoint, status, and those that matched nothing", {}, async ({ call }) => {
    await call("GET", path)
    await call("POST", path, granting("proj_a"))
    await call("GET", `/v1${permissionsPath("ft:other")}?limit=none`)
    await call("GET", "/v1/embeddings")
    const paths = async (query: string) => items(await call("GET", `/__fake/requests?${query}`), "method")
    assert.lengthOf(await paths(""), 4)
    assert.deepStrictEqual(await paths("operation=create"), ["POST"])
    assert.lengthOf(await paths(`checkpoint=${encodeURIComponent(checkpoint)}`), 2)
    assert.lengthOf(await paths("status=400"), 1)
    assert.lengthOf(await paths("matched=false"), 1)
    assert.lengthOf(await paths("matched=true&status=200"), 2)
    const { body } = await call("GET", "/__fake/requests?operation=create")
    assert.strictEqual(field(body, "data", 0, "body"), '{"project_ids":["proj_a"]}')
    assert.strictEqual(field(body, "data", 0, "headers", "authorization"), "Bearer <redacted>")
    await call("GET", "/v1/organization/audit_logs?project_ids%5B%5D=proj_a&project_ids[]=proj_b&limit=5")
    const audit = (await call("GET", "/__fake/requests?operation=list-audit-logs")).body
    assert.deepStrictEqual(field(audit, "data", 0, "query"), { "project_ids[]": ["proj_a", "proj_b"], limit: "5" })
    await call("DELETE", "/__fake/requests")
    assert.lengthOf(await paths(""), 0)
  })

  test("requests?wait: held until so many match, or for the time at most", {}, async ({ call }) => {
    const waiting = call("GET", "/__fake/requests?wait=2&operation=list&timeout=10 minutes")
    await call("GET", path)
    await call("POST", path, granting("proj_a"))
    await call("GET", path)
    const waited = (await waiting).body
    assert.strictEqual(field(waited, "complete"), true)
    assert.lengthOf(items({ body: waited }, "method"), 2)
    const short = (await call("GET", "/__fake/requests?wait=3&timeout=1ms&operation=list")).body
    assert.strictEqual(field(short, "complete"), false)
    assert.lengthOf(items({ body: short }, "method"), 2)
    // what has been answered is not answered again
    for (let i = 0; i < 3; i++) assert.strictEqual((await call("GET", path)).status, 200)
  })

  test("clock: quotas refill, delayed work is done, and time continues from there", { clock: "manual" }, async ({
    call
  }) => {
    const now = async () => field((await call("GET", "/__fake/health")).body, "now")
    const status = async () => (await call("GET", path)).status
    await call("PATCH", "/__fake/behavior", { json: { rate: { requests: 1, per: "1 minute" } } })
    assert.deepStrictEqual([await status(), await status()], [200, 429])
    const moved = await call("POST", "/__fake/clock", { json: { advance: "1 minute" } })
    assert.deepStrictEqual([field(moved.body, "now"), await now()], [60_000, 60_000])
    assert.strictEqual(await status(), 200)
    await call("PATCH", "/__fake/behavior", { json: { rate: "unlimited", latency: "10 minutes" } })
    const late = call("POST", path, granting("proj_late"))
    await call("GET", "/__fake/requests?operation=create&wait=1")
    assert.notInclude(JSON.stringify((await call("GET", "/__fake/permissions")).body), "proj_late")
    await call("POST", "/__fake/clock", { json: { advance: "10 minutes" } })
    assert.strictEqual((await late).status, 200)
    await call("POST", "/__fake/reset", { json: {} })
    assert.strictEqual(await now(), 0)
    assert.deepStrictEqual((await call("GET", "/__fake/permissions")).body, {})
  })

  test("servers: each with state, settings, requests, faults, quota and clock of its own", {
    seed: { [checkpoint]: ["proj_main"] }
  }, async ({ call }) => {
    const made = await call("POST", "/__fake/servers", {
      json: {
        seed: { [checkpoint]: ["proj_own"] },
        behavior: { rate: { requests: 2, per: "1 minute" } },
        randomSeed: 4
      }
    })
    assert.strictEqual(made.status, 201)
    const { baseUrl, controlUrl, id } = Object.fromEntries(
      ["baseUrl", "controlUrl", "id"].map((name) => [name, String(field(made.body, name))])
    )
    assert.strictEqual(baseUrl, `${origin}/__fake/servers/${id}/v1`)
    const own = `${baseUrl}${permissionsPath()}`
    assert.deepStrictEqual(items(await call("GET", own), "project_id"), ["proj_own"])
    assert.strictEqual((await call("POST", own, granting("proj_new"))).status, 200)
    await call("GET", own)
    assert.strictEqual((await call("GET", own)).status, 429)
    assert.deepStrictEqual(items(await call("GET", path), "project_id"), ["proj_main"])
    await call("POST", `${controlUrl}/clock`, { json: { advance: "1 minute" } })
    assert.strictEqual((await call("GET", own)).status, 200)
    assert.lengthOf(items(await call("GET", `${controlUrl}/requests`), "method"), 5)
    assert.lengthOf(items(await call("GET", "/__fake/requests"), "method"), 1)
    refused(await call("GET", `${controlUrl}/servers`), 404, /no control route/)

    const inherits = field((await call("POST", "/__fake/servers")).body, "baseUrl")
    assert.deepStrictEqual(items(await call("GET", `${inherits}${permissionsPath()}`), "project_id"), ["proj_main"])
    const strict = field((await call("POST", "/__fake/servers", { json: { preset: "strict" } })).body, "baseUrl")
    const admin = { headers: { authorization: "Bearer sk-admin-1" } }
    assert.strictEqual((await call("GET", `${strict}${permissionsPath("ft:none")}`, admin)).status, 404)

    assert.strictEqual((await call("DELETE", `/__fake/servers/${id}`)).status, 200)
    const ended = await call("GET", own)
    assert.strictEqual(ended.status, 404)
    assert.match(String(field(ended.body, "error", "message")), /^There is no server/)
    refused(await call("DELETE", `/__fake/servers/${id}`), 404, /no server/)
  })

  const text = (body: string, type = "application/json") => ({ text: body, headers: { "content-type": type } })
  const header = (name: string, value: string) => ({
    json: { fault: { _tag: "Reply", status: 503, headers: { [name]: value } } }
  })
  const redirect = { _tag: "Redirect", location: "/\r\n" }
  const twice = { [checkpoint]: ["proj_b", { project_id: "proj_a", id: "cp_a" }, { project_id: "proj_a", id: "cp_a" }] }
  const noBody = ["POST /reset", "DELETE /requests", "DELETE /faults", "DELETE /servers/1"].flatMap((route) => [
    [route, text("nope"), 400, /^body: expected JSON$/] as const,
    [route, { json: { seed: {} } }, 400, /^body\.seed: expected nothing, or {}$/] as const,
    [route, { json: [] }, 400, /^body: expected nothing, or {}, got a list$/] as const
  ])
  it.each<readonly [route: string, sent: Sent, status: number, message: RegExp]>([
    ...noBody,
    ["POST /seed", {}, 400, /^body: expected JSON, got nothing/],
    ["POST /seed", { json: twice }, 400, /^seed\[".*"\]\[2\]: expected a unique id, got "cp_a" again$/],
    ["POST /permissions/ft:a", { json: { project_id: "ft:a" } }, 400, /project/],
    [
      "POST /permissions/ft:a",
      { json: { project: "a" } },
      400,
      /^project: no such setting; did you mean project_id\?$/
    ],
    ["DELETE /permissions/ft:a/cp_none", {}, 404, /no such permission/],
    ["PATCH /behavior", text("{"), 400, /^body: expected JSON/],
    ["PATCH /behavior", { json: [] }, 400, /^behavior: expected an object/],
    ["PATCH /behavior", { json: { auditReach: "ever" } }, 400, /: expected "unlimited", or a duration .* got "ever"$/],
    ["POST /faults", header("retry after", "2"), 400, /^fault\.fault\.headers\["retry after"\]: expected the name/],
    ["POST /faults", header("x", "日本"), 400, /^fault\.fault\.headers\["x"\]: expected what a header can carry/],
    ["POST /faults", { json: { fault: redirect } }, 400, /^fault\.fault\.location: expected/],
    ["POST /faults", { json: { fault: "fire" } }, 400, /^fault\.fault: expected an object such as .* rate-limited/],
    ["POST /faults", { json: { fault: { _tag: "Latency", before: 5 } } }, 400, /fault\.before: expected a duration/],
    ["POST /faults", { json: { fault: "drop-after", nth: 2 } }, 400, /^fault\.nth: only allowed in a plan/],
    ["GET /requests?operation=grant", {}, 400, /^operation: expected "list", "create"/],
    ["GET /requests?wait=many", {}, 400, /^wait: expected a whole number/],
    ["GET /requests?timeout=5", {}, 400, /^timeout: expected a duration/],
    ["GET /requests?wait=1&wayt=1", {}, 400, /^wayt: no such setting; did you mean wait/],
    ...[60, "soon", "-1s", undefined].map(
      (advance) => ["POST /clock", { json: { advance } }, 400, /^advance: expected a duration such as "300ms"/] as const
    ),
    ["POST /servers", { json: { seed: { "": [] } } }, 400, /^seed/],
    ["POST /servers", { json: { preset: "lax" } }, 400, /^preset: expected "strict", "flaky"/],
    ["POST /reset", { headers: { origin: "https://evil.example" } }, 403, /Origin/],
    ["POST /reset", text("a=b", "text/plain"), 415, /JSON/],
    ["PATCH /behavior", text("{}", "application/x-www-form-urlencoded"), 415, /JSON/],
    ["GET /nothing", {}, 404, /GET \/__fake lists them/],
    ["GET /reset", {}, 405, /takes POST, not GET/]
  ])("%s %j is refused with %i", async (route, sent, status, message) => {
    const [method = "", below = ""] = route.split(" ")
    const reply = await running({ seed: { [checkpoint]: ["proj_a"] } }).call(method, `/__fake${below}`, sent)
    refused(reply, status, message)
    assert.strictEqual(reply.headers.get("allow"), status === 405 ? "POST" : null)
  })

  test("a preset takes the place of the main server's settings", { behavior: { regrant: "second" } }, async ({
    call
  }) => {
    const regrantOf = async (json: unknown) => {
      const { body } = await call("POST", "/__fake/servers", { json })
      return field((await call("GET", `${field(body, "controlUrl")}/behavior`)).body, "regrant")
    }
    assert.deepStrictEqual([await regrantOf({}), await regrantOf({ preset: "flaky" })], ["second", "existing"])
  })

  test("servers: beyond 1,000, the server that was idle longest is removed", {}, async ({ call }) => {
    const make = async () => String(field((await call("POST", "/__fake/servers", { json: {} })).body, "baseUrl"))
    const first = await make()
    const second = await make()
    for (let i = 2; i < emulator.maxServers; i++) await make()
    assert.strictEqual((await call("GET", `${first}${permissionsPath()}`)).status, 200)
    await make()
    assert.strictEqual((await call("GET", `${second}${permissionsPath()}`)).status, 404)
    assert.strictEqual((await call("GET", `${first}${permissionsPath()}`)).status, 200)
  })

  test("behavior: the shown settings contain no key, and are a valid change", {}, async ({ call }) => {
    const keys = [{ key: "sk-admin-secret", scopes: ["api.fine_tuning.checkpoints.read"] }]
    await call("PATCH", "/__fake/behavior", { json: { keys } })
    const shown = (await call("GET", "/__fake/behavior")).body
    assert.notInclude(JSON.stringify(shown), "secret")
    assert.strictEqual((await call("PATCH", "/__fake/behavior", { json: shown })).status, 200)
  })
})
