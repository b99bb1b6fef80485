import { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { call, checkpoint, create, failed, fake, field, items, type Transport } from "./transport.ts"

const get = (
  path: string,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {}
) => call("GET", { path, query, headers: { authorization: "Bearer sk-admin-1", ...headers } })

const logs = (query: Readonly<Record<string, string>> = {}) => get("/organization/audit_logs", query)

const ids = (reply: { readonly body: unknown }) => items(reply, "id")

const hour = 3_600_000
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
  { ...ServerBehavior.adminKey("sk-admin-1"), id: "key_ci" },
  ServerBehavior.readOnlyKey("sk-admin-2"),
  ServerBehavior.projectKey("sk-a", "proj_a")
]

const later = TestClock.adjust("10 days")

/** Who did what, as the server tells it. */
export const auditLog = (name: string, transport: Transport) =>
  describe(`${name}: keys, and events that a seed has`, () => {
    it.effect("admin keys: those of the seed and of the settings, oldest first; every field", () =>
      Effect.gen(function* () {
        const page = yield* get("/organization/admin_api_keys")
        assert.deepStrictEqual(ids(page), ["key_2", "key_ben", "key_ci"])
        assert.deepStrictEqual(field(page.body, "data", 1), {
          object: "organization.admin_api_key",
          id: "key_ben",
          name: null,
          redacted_value: "sk-admin...ben",
          created_at: 1,
          expires_at: 9,
          last_used_at: 5,
          owner: {
            type: "user",
            object: "organization.user",
            id: "user-ben",
            name: "Ben",
            created_at: 0,
            role: "owner"
          }
        })
        assert.deepInclude(field(page.body, "data", 2), { name: "CI", expires_at: null, last_used_at: null })
        assert.deepInclude(field(page.body, "data", 2, "owner"), {
          type: "service_account",
          object: "organization.service_account",
          role: "member"
        })
        const order = { order: "desc", limit: "1" }
        const first = yield* get("/organization/admin_api_keys", order)
        assert.deepStrictEqual(ids(first), ["key_ci"])
        assert.strictEqual(field(first.body, "has_more"), true)
        const rest = yield* get("/organization/admin_api_keys", { ...order, after: "key_ci", limit: "5" })
        assert.deepStrictEqual(ids(rest), ["key_ben", "key_2"])
        failed(yield* get("/organization/admin_api_keys", { order: "ascending" }), 400, { param: "order" })
        failed(yield* get("/organization/admin_api_keys", { before: "key_ci" }), 400, { code: "unknown_parameter" })
        assert.notInclude(JSON.stringify(page.body), "sk-admin-1")
      }).pipe(Effect.provide(transport({ organization, behavior: { keys } })))
    )

    it.effect("any key is one key of the list, and the actor of what it does", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(ids(yield* get("/organization/admin_api_keys")), ["key_any"])
        yield* create(["proj_a"])
        assert.strictEqual(field((yield* logs()).body, "data", 0, "actor", "api_key", "id"), "key_any")
      }).pipe(Effect.provide(transport()))
    )

    it.effect("events: in order of time, under their project, by sessions and keys of users and service accounts", () =>
      Effect.gen(function* () {
        yield* later
        const page = yield* logs()
        const event = (i: number) => field(page.body, "data", i)
        assert.deepStrictEqual(event(0), {
          id: "audit_log-3",
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
          session: { user: { id: "user-ana", email: "ana@example.com" }, ip_address: "203.0.113.7" }
        })
        assert.deepStrictEqual(field(event(2), created), {
          id: "cp_1",
          data: { project_id: "proj_a", fine_tuned_model_checkpoint: checkpoint }
        })
        assert.deepStrictEqual(event(3), { id: "audit_log-0", type: "project.created", effective_at: 5 })
        for (const [query, found] of [
          [{ "actor_ids[]": "sa_1" }, ["audit_log-2"]],
          [{ "actor_ids[]": "user-ana" }, ["audit_log-1"]],
          [{ "actor_ids[]": "key_ben" }, ["audit_log-3"]],
          [{ "actor_emails[]": "ben@example.com" }, ["audit_log-3"]],
          [{ "event_types[]": "project.created" }, ["audit_log-0"]],
          [{ "resource_ids[]": "cp_1" }, ["audit_log-3", "audit_log-1"]]
        ] as const) {
          assert.deepStrictEqual(ids(yield* logs(query)), [...found])
        }
      }).pipe(Effect.provide(transport({ organization, behavior: { keys } })))
    )

    it.effect("events of the tenant are shown to those who ask for them alone", () =>
      Effect.gen(function* () {
        yield* later
        assert.deepStrictEqual(ids(yield* logs({ tenant_only: "true" })), ["bound", "policy"])
        assert.deepStrictEqual(ids(yield* logs()), ["user"])
      }).pipe(
        Effect.provide(
          transport({
            organization: {
              events: [
                { id: "policy", type: "tenant.policy.created", effective_at: 1 },
                { id: "user", type: "user.added", effective_at: 2 },
                { id: "bound", type: "role.bound_to_resource", effective_at: 3 }
              ]
            }
          })
        )
      )
    )

    it.effect("events that are seeded later take their place in time, or that of the one with their id", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* later
        yield* create(["proj_b"], { headers: { authorization: "Bearer sk-admin-1" } })
        yield* controls.seedOrganization({
          events: [
            { id: "between", type: "user.added", effective_at: at(2) + 1 },
            { id: "audit_log-0", type: "user.deleted", effective_at: at(4) }
          ]
        })
        const page = yield* logs()
        assert.deepStrictEqual(
          ids(page).map((id) => String(id).replace(/^audit_log-0{10,}/, "made-")),
          ["made-5", "audit_log-0", "audit_log-3", "between", "audit_log-2", "audit_log-1"]
        )
        assert.strictEqual(field(page.body, "data", 1, "type"), "user.deleted")
        assert.deepStrictEqual(ids(yield* logs({ after: "audit_log-3", limit: "2" })), ["between", "audit_log-2"])
      }).pipe(Effect.provide(transport({ organization, behavior: { keys } })))
    )

    it.effect("auditKeyIds: the log may call a key by an id that no list has", () =>
      Effect.gen(function* () {
        yield* later
        const { body } = yield* logs()
        assert.strictEqual(field(body, "data", 0, "actor", "api_key", "id"), "track_ben")
        assert.strictEqual(field(body, "data", 0, "actor", "api_key", "user", "email"), "ben@example.com")
        assert.deepStrictEqual(ids(yield* logs({ "actor_ids[]": "track_ben" })), ["audit_log-3"])
        assert.include(ids(yield* get("/organization/admin_api_keys")), "key_ben")
      }).pipe(Effect.provide(transport({ organization, behavior: { keys, auditKeyIds: "other" } })))
    )

    it.effect("auditLag: each event is late by a time of its own, and comes where it belongs; shown_at says when", () =>
      Effect.gen(function* () {
        const events = Array.from({ length: 20 }, (_, i) => ({
          id: `e${i}`,
          type: "user.added",
          effective_at: i,
          ...(i === 19 ? { shown_at: at(9) } : {})
        }))
        const controls = yield* fake
        yield* controls.seedOrganization({ events })
        yield* TestClock.adjust("24 hours")
        const some = ids(yield* logs())
        assert.isAbove(some.length, 0)
        assert.isBelow(some.length, 19)
        assert.deepStrictEqual(ids(yield* logs()), some)
        yield* TestClock.adjust("25 hours")
        const expected = events.map(({ id }) => id).reverse()
        assert.deepStrictEqual(ids(yield* logs()), expected.slice(1))
        yield* TestClock.adjust("7 days")
        assert.deepStrictEqual(ids(yield* logs()), expected)
      }).pipe(
        Effect.provide(transport({ behavior: { auditLag: { min: "0 millis", max: "48 hours" } }, randomSeed: 3 }))
      )
    )

    it.effect("auditReach: what is older is not shown any longer", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* TestClock.adjust(at(32) * 1000)
        assert.deepStrictEqual(ids(yield* logs()), ["audit_log-3", "audit_log-2"])
        yield* TestClock.adjust("90 days")
        assert.deepStrictEqual(ids(yield* logs()), [])
        yield* controls.setBehavior({ auditReach: "unlimited" })
        assert.lengthOf(ids(yield* logs()), 4)
      }).pipe(Effect.provide(transport({ organization, behavior: { auditReach: "30 days" } })))
    )

    it.effect("a log that is off is refused or empty, and later lacks what happened meanwhile", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* create(["proj_a"])
        failed(yield* logs(), 403, { code: "audit_logs_disabled" })
        yield* controls.setBehavior({ auditLog: "empty" })
        yield* create(["proj_b"])
        assert.deepStrictEqual(ids(yield* logs()), [])
        yield* controls.setBehavior({ auditLog: "on" })
        yield* create(["proj_c"])
        const { body } = yield* logs()
        assert.lengthOf(items({ body }, "id"), 1)
        assert.strictEqual(field(body, "data", 0, created, "data", "project_id"), "proj_c")
      }).pipe(Effect.provide(transport({ behavior: { auditLog: "off" } })))
    )

    it.effect("the dashboard grants and deletes: with an event of its session, or without", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const count = Effect.map(logs(), (page) => ids(page).length)
        yield* controls.grant(checkpoint, "proj_a", "ana@example.com")
        const [permission] = yield* controls.permissions(checkpoint)
        assert.strictEqual(permission?.project_id, "proj_a")
        assert.strictEqual(yield* count, 0)
        yield* controls.setBehavior({ dashboardEvents: 1 })
        yield* controls.grant(checkpoint, "proj_b", "ana@example.com")
        yield* TestClock.adjust(hour)
        yield* controls.remove(checkpoint, String(permission?.id))
        yield* controls.remove(checkpoint, "cp_never")
        assert.deepStrictEqual(yield* controls.projects(checkpoint), ["proj_b"])
        const { body } = yield* logs()
        assert.deepStrictEqual(field(body, "data", 0, deleted), { id: permission?.id })
        assert.deepStrictEqual(field(body, "data", 0, "actor", "session", "user"), {
          id: "user-fake",
          email: "admin@example.com"
        })
        assert.strictEqual(field(body, "data", 1, created, "data", "project_id"), "proj_b")
        assert.deepStrictEqual(field(body, "data", 1, "actor", "session", "user"), {
          id: "user-ana-example-com",
          email: "ana@example.com"
        })
        assert.strictEqual(yield* count, 2)
        yield* controls.setBehavior({ dashboardEvents: 0.5 })
        for (let i = 0; i < 100; i++) yield* controls.grant(checkpoint, "proj_c")
        yield* Effect.map(logs({ limit: "100" }), (page) => {
          assert.isAbove(ids(page).length, 20)
          assert.isBelow(ids(page).length, 80)
        })
      }).pipe(Effect.provide(transport()))
    )

    it.effect(
      "OpenAI-Project: that of another project than the key's is 401, and names the project of a key of any",
      () =>
        Effect.gen(function* () {
          const controls = yield* fake
          const as = (key: string, project: string) => ({ authorization: `Bearer ${key}`, "openai-project": project })
          assert.strictEqual((yield* get("/models", {}, as("sk-a", "proj_a"))).status, 200)
          for (const path of ["/models", "/fine_tuning/jobs", "/fine_tuning/jobs/ftjob-1/checkpoints"]) {
            failed(yield* get(path, {}, as("sk-a", "proj_b")), 401, {
              code: "mismatched_project",
              message: /^OpenAI-Project header should match project for API key$/
            })
          }
          assert.strictEqual((yield* get("/organization/projects", {}, as("sk-admin-1", "proj_b"))).status, 200)
          yield* controls.setBehavior({ keys: "any" })
          assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs", {}, as("any", "proj_a"))), ["ftjob-1"])
          assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs", {}, as("any", "proj_b"))), [])
        }).pipe(
          Effect.provide(
            transport({
              organization: { ...organization, jobs: [{ id: "ftjob-1", fine_tuned_model: null, project: "proj_a" }] },
              behavior: { keys }
            })
          )
        )
    )
  })
