import { readFileSync } from "node:fs"
import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe } from "vitest"
import { as, type Call, checkpoint, failed, field, ids, items, rule } from "./server.ts"

const ana = { session: { id: "user-ana", email: "ana@example.com" } }
const created = "checkpoint.permission.created"
const deleted = "checkpoint.permission.deleted"
const at = (day: number) => day * 86_400

const organization = {
  projects: [{ id: "proj_default", name: "Default" }, "proj_a", "proj_b"],
  adminKeys: [
    { id: "key_ci", name: "CI", owner: { type: "service_account" as const, id: "sa_1", name: "Robot" }, created_at: 2 },
    {
      id: "key_ben",
      owner: { type: "user" as const, id: "user-ben", email: "ben@example.com", name: "Ben" },
      created_at: 1,
      expires_at: 9,
      last_used_at: 5
    }
  ],
  events: [
    { id: "audit_log-3", type: deleted, effective_at: at(3), actor: { key: "key_ben" }, permission_id: "cp_1" },
    {
      id: "audit_log-1",
      type: created,
      effective_at: at(1),
      actor: ana,
      permission_id: "cp_1",
      project_id: "proj_a",
      fine_tuned_model_checkpoint: checkpoint
    },
    { id: "audit_log-2", type: created, effective_at: at(2), actor: { key: "key_ci" }, permission_id: "cp_2" },
    { id: "audit_log-0", type: "project.created", effective_at: 5, project: null }
  ]
}

const keys = [
  { ...behavior.adminKey("sk-admin-1"), id: "key_ci" },
  behavior.readOnlyKey("sk-admin-2"),
  behavior.projectKey("sk-a", "proj_a")
]

const days = (count: number) => count * 86_400_000

describe("keys, and events that a seed has", () => {
  rule(
    "admin keys: those of the seed and of the settings, oldest first; every field",
    { organization, behavior: { keys } },
    async ({ get }) => {
      const page = await get("/organization/admin_api_keys")
      assert.deepStrictEqual(ids(page), ["key_2", "key_ben", "key_ci"])
      const ben = { name: null, redacted_value: "sk-admin...ben", created_at: 1, expires_at: 9, last_used_at: 5 }
      assert.deepInclude(field(page.body, "data", 1), ben)
      const owner = { type: "user", id: "user-ben", name: "Ben", created_at: 0, role: "owner" }
      assert.deepInclude(field(page.body, "data", 1, "owner"), owner)
      assert.deepInclude(field(page.body, "data", 2), { name: "CI", expires_at: null, last_used_at: null })
      assert.deepInclude(field(page.body, "data", 2, "owner"), { type: "service_account", role: "member" })
      const order = { order: "desc", limit: "1" }
      const first = await get("/organization/admin_api_keys", order)
      assert.deepStrictEqual(ids(first), ["key_ci"])
      assert.strictEqual(field(first.body, "has_more"), true)
      const rest = await get("/organization/admin_api_keys", { ...order, after: "key_ci", limit: "5" })
      assert.deepStrictEqual(ids(rest), ["key_ben", "key_2"])
      failed(await get("/organization/admin_api_keys", { order: "ascending" }), 400, { param: "order" })
      failed(await get("/organization/admin_api_keys", { before: "key_ci" }), 400, { code: "unknown_parameter" })
      assert.notInclude(JSON.stringify(page.body), "sk-admin-1")
    }
  )

  rule(
    "auditActor: a change through the API is by a session of the key's user, or by the key",
    { organization, behavior: { keys: [...keys, { ...behavior.adminKey("sk-admin-3"), id: "key_ben" }] } },
    async ({ create, fake, get, logs }) => {
      const newest = async () => field((await logs()).body, "data", 0, "actor")
      const by = (key: string) => ({ headers: { authorization: `Bearer ${key}`, "user-agent": "curl/8" } })
      const user = { id: "user-ben", email: "ben@example.com" }
      await create(["proj_a"], by("sk-admin-3"))
      assert.deepInclude(field(await newest(), "session"), { user, user_agent: "curl/8" })
      // a service account has no session
      await create(["proj_b"], by("sk-admin-1"))
      assert.strictEqual(field(await newest(), "api_key", "id"), "key_ci")
      fake.setBehavior({ auditActor: "api-key" })
      await create(["proj_c"], by("sk-admin-3"))
      assert.deepStrictEqual(await newest(), { type: "api_key", api_key: { id: "key_ben", type: "user", user } })
      fake.setBehavior({ keys: "any" })
      assert.include(ids(await get("/organization/admin_api_keys")), "key_any")
      await create(["proj_d"])
      assert.strictEqual(field(await newest(), "api_key", "id"), "key_any")
    }
  )

  rule(
    "events: in order of time, under their project, by sessions and keys of users and service accounts",
    { organization, behavior: { keys } },
    async ({ fake, logs }) => {
      await fake.advance(days(10))
      const page = await logs()
      const event = (i: number) => field(page.body, "data", i)
      assert.deepStrictEqual(event(0), {
        id: "audit_log-3",
        object: "organization.audit_log",
        type: deleted,
        effective_at: at(3),
        project: { id: "proj_default", name: "Default" },
        actor: {
          type: "api_key",
          api_key: { id: "key_ben", type: "user", user: { id: "user-ben", email: "ben@example.com" } }
        },
        [deleted]: { id: "cp_1" }
      })
      assert.deepStrictEqual(field(event(1), "actor"), {
        type: "api_key",
        api_key: { id: "key_ci", type: "service_account", service_account: { id: "sa_1" } }
      })
      assert.deepStrictEqual(field(event(1), created), { id: "cp_2" })
      assert.deepStrictEqual(field(event(2), "actor"), {
        type: "session",
        session: {
          user: { id: "user-ana", email: "ana@example.com" },
          ip_address: "203.0.113.7",
          ja3: "a497151ce4338a12c4418c44d375173e",
          ja4: "q13d0313h3_55b375c5d22e_c7319ce65786",
          ip_address_details: {
            country: "US",
            city: "San Francisco",
            region: "California",
            region_code: "CA",
            asn: "64496",
            latitude: "37.77490",
            longitude: "-122.41940"
          }
        }
      })
      assert.deepStrictEqual(field(event(2), created), {
        id: "cp_1",
        data: { project_id: "proj_a", fine_tuned_model_checkpoint: checkpoint }
      })
      const object = "organization.audit_log"
      assert.deepStrictEqual(event(3), { id: "audit_log-0", object, type: "project.created", effective_at: 5 })
      for (const [query, found] of [
        [{ "actor_ids[]": "sa_1" }, ["audit_log-2"]],
        [{ "actor_ids[]": "user-ana" }, ["audit_log-1"]],
        [{ "actor_ids[]": "key_ben" }, ["audit_log-3"]],
        [{ "actor_emails[]": "ben@example.com" }, ["audit_log-3"]],
        [{ "event_types[]": "project.created" }, ["audit_log-0"]],
        [{ "resource_ids[]": "cp_1" }, ["audit_log-3", "audit_log-1"]]
      ] as const) {
        assert.deepStrictEqual(ids(await logs(query)), [...found])
      }
    }
  )

  rule(
    "filters: each compares what it says, all have to hold, and one of a list suffices",
    { behavior: { auditActor: "api-key", keys: [behavior.adminKey("sk-admin-1"), behavior.adminKey("sk-admin-2")] } },
    async ({ create, fake, logs }) => {
      const found = async (query: Call["query"] = {}) =>
        ids(await logs(query)).map((id) => Number(String(id).slice("audit_log-".length)))
      for (const [n, key] of [1, 2, 1].entries()) {
        await fake.advance(10_000)
        await create([`proj_${n}`], as(`sk-admin-${key}`))
      }
      assert.deepStrictEqual(await found({ "actor_ids[]": "key_1" }), [3, 1])
      assert.deepStrictEqual(await found({ "actor_ids[]": "user-fake", "effective_at[gt]": "10" }), [3, 2])
      assert.deepStrictEqual(await found({ "actor_ids[]": "key_1", "effective_at[gte]": "20" }), [3])
      assert.deepStrictEqual(await found({ "effective_at[gte]": "10", "effective_at[lt]": "30" }), [2, 1])
      assert.deepStrictEqual(await found({ "effective_at[lte]": "20", "project_ids[]": "proj_default" }), [2, 1])
      assert.deepStrictEqual(await found({ "project_ids[]": "proj_0" }), [])
      const ofResources = (...of: ReadonlyArray<string>) => found(of.map((id) => ["resource_ids[]", id] as const))
      const [, second = ""] = fake.permissions(checkpoint).map(({ id }) => id)
      assert.deepStrictEqual(await ofResources(second, checkpoint, "proj_2"), [2])
    }
  )

  rule(
    "a grant or a delete that changes nothing leaves an event if so set; what is no filter is refused",
    { behavior: { deleteGone: "deleted-true" } },
    async ({ create, fake, logs, remove }) => {
      const left = async () =>
        items(await logs(), "type").map((type) => String(type).slice("checkpoint.permission.".length))
      await create(["proj_a"])
      await create(["proj_a"])
      await remove("cp_never")
      await remove("cp_000000000000000000000001")
      assert.deepStrictEqual(await left(), ["deleted", "created"])
      fake.setBehavior({ repeatEvents: true })
      await create(["proj_b"])
      await create(["proj_b"])
      await remove("cp_never")
      assert.deepStrictEqual(await left(), ["deleted", "created", "created", "deleted", "created"])
      failed(await logs({ "effective_at[gt]": "noon" }), 400, { code: "invalid_type" })
      failed(await logs({ type: "x" }), 400, { code: "unknown_parameter" })
    }
  )

  const eventTypes = (...types: ReadonlyArray<string>) => types.map((type) => ["event_types[]", type] as const)

  rule("takes every type of event that OpenAI's document has, and no other", {}, async ({ logs }) => {
    const document = JSON.parse(readFileSync(new URL("../fixtures/openapi.json", import.meta.url), "utf8"))
    const types = document.components.schemas.AuditLogEventType.enum
    assert.strictEqual((await logs(eventTypes(...types))).status, 200)
    for (const others of [["nope"], [created, ""], ["checkpoint.permission"]]) {
      const message = /^Invalid 'event_types\[\]': value '.*' is no type of an event/
      failed(await logs(eventTypes(...others)), 400, { param: "event_types[]", message })
    }
  })

  rule(
    "events of the tenant are shown to those who ask for them alone",
    {
      organization: {
        events: [
          { id: "policy", type: "tenant.policy.created", effective_at: 1 },
          { id: "user", type: "user.added", effective_at: 2 },
          { id: "login", type: "login.succeeded", effective_at: 2 },
          { id: "bound", type: "role.bound_to_resource", effective_at: 3 }
        ]
      }
    },
    async ({ fake, logs }) => {
      await fake.advance(days(10))
      assert.deepStrictEqual(ids(await logs({ tenant_only: "true" })), ["bound", "policy"])
      const others = await logs()
      assert.deepStrictEqual(ids(others), ["login", "user"])
      // a login is filed under no project
      assert.deepStrictEqual(
        items(others, "project").map((project) => field(project, "id")),
        [undefined, "proj_default"]
      )
    }
  )

  rule(
    "events that are seeded later take their place in time, or that of the one with their id",
    { organization, behavior: { keys } },
    async ({ create, fake, logs }) => {
      await fake.advance(days(10))
      await create(["proj_b"], as("sk-admin-1"))
      fake.seedOrganization({
        events: [
          { id: "between", type: "user.added", effective_at: at(2) + 1 },
          { id: "audit_log-0", type: "user.deleted", effective_at: at(4) }
        ]
      })
      const page = await logs()
      assert.deepStrictEqual(
        ids(page).map((id) => String(id).replace(/^audit_log-0{10,}/, "made-")),
        ["made-5", "audit_log-0", "audit_log-3", "between", "audit_log-2", "audit_log-1"]
      )
      assert.strictEqual(field(page.body, "data", 1, "type"), "user.deleted")
      assert.deepStrictEqual(ids(await logs({ after: "audit_log-3", limit: "2" })), ["between", "audit_log-2"])
    }
  )

  rule(
    "auditLag: each event is late by a time of its own, and comes where it belongs; shown_at says when",
    { behavior: { auditLag: { min: 0, max: days(2) } }, randomSeed: 3 },
    async ({ fake, logs }) => {
      const events = Array.from({ length: 20 }, (_, i) => ({
        id: `e${i}`,
        type: "user.added",
        effective_at: i,
        ...(i === 19 ? { shown_at: at(9) } : {})
      }))
      fake.seedOrganization({ events })
      await fake.advance(days(1))
      const some = ids(await logs())
      assert.isAbove(some.length, 0)
      assert.isBelow(some.length, 19)
      assert.deepStrictEqual(ids(await logs()), some)
      await fake.advance(90_000_000)
      const expected = events.map(({ id }) => id).reverse()
      assert.deepStrictEqual(ids(await logs()), expected.slice(1))
      await fake.advance(days(7))
      assert.deepStrictEqual(ids(await logs()), expected)
    }
  )

  rule(
    "auditReach: what is older is not shown any longer",
    { organization, behavior: { auditReach: days(30) } },
    async ({ fake, logs }) => {
      await fake.advance(days(32))
      assert.deepStrictEqual(ids(await logs()), ["audit_log-3", "audit_log-2"])
      await fake.advance(days(90))
      assert.deepStrictEqual(ids(await logs()), [])
      fake.setBehavior({ auditReach: "unlimited" })
      assert.lengthOf(ids(await logs()), 4)
    }
  )

  rule(
    "a log that is off is refused or empty, and later lacks what happened meanwhile",
    { behavior: { auditLog: "off" } },
    async ({ create, fake, logs }) => {
      await create(["proj_a"])
      failed(await logs(), 403, { code: "audit_logs_disabled" })
      fake.setBehavior({ auditLog: "empty" })
      await create(["proj_b"])
      assert.deepStrictEqual(ids(await logs()), [])
      fake.setBehavior({ auditLog: "on" })
      await create(["proj_c"])
      const { body } = await logs()
      assert.lengthOf(items({ body }, "id"), 1)
      assert.strictEqual(field(body, "data", 0, created, "data", "project_id"), "proj_c")
    }
  )

  rule(
    "the dashboard grants and deletes: with an event of its session if an actor is named, or by chance",
    {},
    async ({ fake, logs }) => {
      const count = async () => ids(await logs()).length
      fake.grant(checkpoint, "proj_a")
      const [permission] = fake.permissions(checkpoint)
      assert.strictEqual(permission?.project_id, "proj_a")
      assert.strictEqual(await count(), 0)
      fake.grant(checkpoint, "proj_b", "ana@example.com")
      fake.setBehavior({ dashboardEvents: 1 })
      await fake.advance(3_600_000)
      fake.remove(checkpoint, String(permission?.id))
      fake.remove(checkpoint, "cp_never")
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_b"])
      const { body } = await logs()
      assert.deepStrictEqual(field(body, "data", 0, deleted), { id: permission?.id })
      const user = { id: "user-fake", email: "admin@example.com" }
      assert.deepInclude(field(body, "data", 0, "actor", "session"), { user, user_agent: "Mozilla/5.0" })
      assert.strictEqual(field(body, "data", 1, created, "data", "project_id"), "proj_b")
      assert.deepStrictEqual(field(body, "data", 1, "actor", "session", "user"), {
        id: "user-ana-example-com",
        email: "ana@example.com"
      })
      assert.strictEqual(await count(), 2)
      fake.setBehavior({ dashboardEvents: 0.5 })
      for (let i = 0; i < 100; i++) fake.grant(checkpoint, "proj_c")
      const logged = ids(await logs({ limit: "100" })).length
      assert.isAbove(logged, 20)
      assert.isBelow(logged, 80)
    }
  )

  rule(
    "OpenAI-Project: that of another project than the key's is 401, and names the project of a key of any",
    {
      organization: { ...organization, jobs: [{ id: "ftjob-1", fine_tuned_model: null, project: "proj_a" }] },
      behavior: { keys }
    },
    async ({ call, fake }) => {
      const of = (path: string, key: string, project: string) =>
        call("GET", { path, headers: { authorization: `Bearer ${key}`, "openai-project": project } })
      assert.strictEqual((await of("/models", "sk-a", "proj_a")).status, 200)
      for (const path of ["/models", "/fine_tuning/jobs", "/fine_tuning/jobs/ftjob-1/checkpoints"]) {
        failed(await of(path, "sk-a", "proj_b"), 401, {
          code: "mismatched_project",
          message: /^OpenAI-Project header should match project for API key$/
        })
      }
      assert.strictEqual((await of("/organization/projects", "sk-admin-1", "proj_b")).status, 200)
      fake.setBehavior({ keys: "any" })
      assert.deepStrictEqual(ids(await of("/fine_tuning/jobs", "any", "proj_a")), ["ftjob-1"])
      assert.deepStrictEqual(ids(await of("/fine_tuning/jobs", "any", "proj_b")), [])
    }
  )
})
