import { Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, TestClock } from "effect"
import { call, checkpoint, create, failed, fake, field, inject, items, remove, type Transport } from "./transport.ts"

const other = "ft:gpt-4o-mini-2024-07-18:org:forecast:C8S0WkRe"

const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

const get = (
  path: string,
  query: Readonly<Record<string, string>> | ReadonlyArray<readonly [string, string]> = {},
  key = "sk-admin-1"
) => call("GET", { path, query, ...as(key) })

const keys = [
  ServerBehavior.adminKey("sk-admin-1"),
  ServerBehavior.projectKey("sk-a", "proj_a"),
  ServerBehavior.projectKey("sk-b", "proj_b"),
  ServerBehavior.ordinaryKey("sk-default")
]

const organization = {
  projects: [{ id: "proj_default", name: "Default", created_at: 1 }, "proj_a", { id: "proj_b", archived_at: 5 }],
  models: [
    { id: "gpt-4o-mini-2024-07-18", created: 7, shutdown_date: "2027-01-31" },
    { id: checkpoint, created: 9, owned_by: "org-weather" }
  ],
  jobs: [
    {
      id: "ftjob-1",
      fine_tuned_model: checkpoint,
      project: "proj_a",
      created_at: 3,
      checkpoints: [`${checkpoint}:ckpt-step-100`, checkpoint]
    },
    { id: "ftjob-2", fine_tuned_model: other },
    { id: "ftjob-3", fine_tuned_model: null, project: "proj_a", metadata: { team: "weather" } }
  ]
}

const setup = { organization, behavior: { keys } }

const ids = (reply: { readonly body: unknown }) => items(reply, "id")

export const organizationRoutes = (name: string, transport: Transport) =>
  describe(`${name}: the routes next to checkpoint permissions`, () => {
    it.effect("models: what everybody sees, and what a project owns or was granted; every field", () =>
      Effect.gen(function* () {
        const mine = yield* get("/models", {}, "sk-a")
        assert.deepStrictEqual(mine.body, {
          object: "list",
          data: [
            {
              id: "gpt-4o-mini-2024-07-18",
              object: "model",
              created: 7,
              owned_by: "system",
              shutdown_date: "2027-01-31"
            },
            { id: checkpoint, object: "model", created: 9, owned_by: "org-weather", shutdown_date: null },
            {
              id: `${checkpoint}:ckpt-step-100`,
              object: "model",
              created: 0,
              owned_by: "org-fake",
              shutdown_date: null
            }
          ]
        })
        assert.deepStrictEqual(ids(yield* get("/models", {}, "sk-b")), ["gpt-4o-mini-2024-07-18"])
        yield* create(["proj_b"], as("sk-admin-1"))
        assert.deepStrictEqual(ids(yield* get("/models", {}, "sk-b")), ["gpt-4o-mini-2024-07-18", checkpoint])
        yield* (yield* fake).setBehavior({ grantedModels: "hidden" })
        assert.deepStrictEqual(ids(yield* get("/models", {}, "sk-b")), ["gpt-4o-mini-2024-07-18"])
        assert.deepStrictEqual(ids(yield* get("/models", {}, "sk-default")), ["gpt-4o-mini-2024-07-18", other])
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("jobs: those of the key's project, newest first, without a last_id", () =>
      Effect.gen(function* () {
        const page = yield* get("/fine_tuning/jobs", { limit: "1" }, "sk-a")
        assert.deepStrictEqual(ids(page), ["ftjob-3"])
        assert.strictEqual(field(page.body, "has_more"), true)
        assert.doesNotHaveAnyKeys(page.body, ["last_id", "first_id"])
        const rest = yield* get("/fine_tuning/jobs", { after: "ftjob-3" }, "sk-a")
        assert.strictEqual(field(rest.body, "has_more"), false)
        assert.deepStrictEqual(field(rest.body, "data", 0), {
          id: "ftjob-1",
          object: "fine_tuning.job",
          created_at: 3,
          error: null,
          fine_tuned_model: checkpoint,
          finished_at: 3,
          hyperparameters: { n_epochs: 1 },
          model: "gpt-4o-mini-2024-07-18",
          organization_id: "org-fake",
          result_files: [],
          status: "succeeded",
          trained_tokens: null,
          training_file: "file-fake",
          validation_file: null,
          seed: 0,
          metadata: null
        })
        assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs", {}, "sk-default")), ["ftjob-2"])
        assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs", { "metadata[team]": "weather" }, "sk-a")), [
          "ftjob-3"
        ])
        failed(yield* get("/fine_tuning/jobs", { after: "ftjob-9" }, "sk-a"), 400, { param: "after" })
        failed(yield* get("/fine_tuning/jobs", { before: "ftjob-1" }, "sk-a"), 400, { code: "unknown_parameter" })
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("jobs: metadata alone takes null only", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs", { metadata: "null" }, "sk-a")), ["ftjob-1"])
        for (const metadata of ["foo", "", "weather"]) {
          failed(yield* get("/fine_tuning/jobs", { metadata }, "sk-a"), 400, { param: "metadata" })
        }
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("jobs: one that failed or was cancelled has ended and says why", () =>
      Effect.gen(function* () {
        const { body } = yield* get("/fine_tuning/jobs")
        const of = (name: string) => Arr.map([0, 1, 2, 3], (i) => field(body, "data", i, name))
        assert.deepStrictEqual(of("status"), ["failed", "cancelled", "failed", "queued"])
        assert.deepStrictEqual(of("finished_at"), [4, 9, 0, null])
        assert.deepStrictEqual(of("error"), [
          { code: "exceeded_quota", message: "No more.", param: null },
          { code: "job_cancelled", message: "The job was cancelled.", param: null },
          { code: "job_failed", message: "The job failed.", param: null },
          null
        ])
      }).pipe(
        Effect.provide(
          transport({
            organization: {
              jobs: [
                { id: "ftjob-4", fine_tuned_model: null, status: "queued" },
                { id: "ftjob-3", fine_tuned_model: null, status: "failed" },
                { id: "ftjob-2", fine_tuned_model: null, status: "cancelled", created_at: 4, finished_at: 9 },
                {
                  id: "ftjob-1",
                  fine_tuned_model: null,
                  status: "failed",
                  created_at: 4,
                  error: { code: "exceeded_quota", message: "No more.", param: null }
                }
              ]
            }
          })
        )
      )
    )

    it.effect("job checkpoints: newest first; 404 for a job of another project", () =>
      Effect.gen(function* () {
        const page = yield* get("/fine_tuning/jobs/ftjob-1/checkpoints", {}, "sk-a")
        assert.deepStrictEqual(field(page.body, "data", 0), {
          id: "ftckpt_1_2",
          object: "fine_tuning.job.checkpoint",
          created_at: 3,
          fine_tuned_model_checkpoint: checkpoint,
          step_number: 200,
          metrics: {},
          fine_tuning_job_id: "ftjob-1"
        })
        assert.deepStrictEqual(ids(page), ["ftckpt_1_2", "ftckpt_1_1"])
        assert.strictEqual(field(page.body, "last_id"), "ftckpt_1_1")
        failed(yield* get("/fine_tuning/jobs/ftjob-1/checkpoints", {}, "sk-b"), 404, { code: "fine_tune_not_found" })
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("a job's project owns its models", () =>
      Effect.gen(function* () {
        failed(yield* create(["proj_a"], as("sk-admin-1")), 400, { message: /the owning project: proj_a$/ })
        failed(yield* create(["proj_default"], { checkpoint: other, ...as("sk-admin-1") }), 400, {})
        assert.strictEqual((yield* create(["proj_b"], as("sk-admin-1"))).status, 200)
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("projects: archived ones on request, and pages", () =>
      Effect.gen(function* () {
        const page = yield* get("/organization/projects")
        assert.deepStrictEqual(page.body, {
          object: "list",
          data: [
            {
              id: "proj_default",
              object: "organization.project",
              name: "Default",
              created_at: 1,
              archived_at: null,
              status: "active"
            },
            {
              id: "proj_a",
              object: "organization.project",
              name: "proj_a",
              created_at: 0,
              archived_at: null,
              status: "active"
            }
          ],
          first_id: "proj_default",
          last_id: "proj_a",
          has_more: false
        })
        const archived = yield* get("/organization/projects", { include_archived: "true", after: "proj_a", limit: "1" })
        assert.deepStrictEqual(items(archived, "status"), ["archived"])
        failed(yield* get("/organization/projects", { include_archived: "yes" }), 400, { code: "invalid_type" })
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("projects: by default all that the server has heard of", () =>
      Effect.gen(function* () {
        yield* create(["proj_new"])
        assert.deepStrictEqual(ids(yield* get("/organization/projects")), [
          "proj_default",
          "proj_own",
          "proj_seeded",
          "proj_new"
        ])
      }).pipe(
        Effect.provide(
          transport({ seed: { [checkpoint]: ["proj_seeded"] }, behavior: { owners: { [other]: "proj_own" } } })
        )
      )
    )

    it.effect.each([
      ["deny-none", { object: "project.model_permissions", mode: "deny_list", model_ids: [] }],
      ["allow-none", { object: "project.model_permissions", mode: "allow_list", model_ids: [] }],
      ["not-found", undefined]
    ] as const)("model permissions: set, changed, deleted; unset they are %s", ([unsetModelPermissions, unset]) =>
      Effect.gen(function* () {
        const path = "/organization/projects/proj_a/model_permissions"
        const before = yield* get(path)
        if (unset === undefined) failed(before, 404, { code: "not_found" })
        else assert.deepStrictEqual(before.body, unset)
        const wanted = { mode: "allow_list", model_ids: [checkpoint] }
        const set = yield* call("POST", { path, json: wanted, ...as("sk-admin-1") })
        assert.deepStrictEqual(set.body, { object: "project.model_permissions", ...wanted })
        assert.deepStrictEqual((yield* get(path)).body, set.body)
        failed(yield* call("POST", { path, json: { mode: "some" }, ...as("sk-admin-1") }), 400, { param: "mode" })
        const untyped = yield* call("POST", { path, json: { mode: {} }, ...as("sk-admin-1") })
        failed(untyped, 400, { param: "mode", code: "invalid_type" })
        assert.strictEqual(
          field(untyped.body, "error", "message"),
          "Invalid type for 'mode': expected a string, but got an object instead."
        )
        failed(yield* call("POST", { path, json: { mode: "deny_list" }, ...as("sk-admin-1") }), 400, {
          param: "model_ids"
        })
        const deleted = yield* call("DELETE", { path, ...as("sk-admin-1") })
        assert.deepStrictEqual(deleted.body, { object: "project.model_permissions.deleted", deleted: true })
        assert.deepStrictEqual((yield* get(path)).status, before.status)
        failed(yield* get("/organization/projects/proj_none/model_permissions"), 404, { param: "project_id" })
      }).pipe(Effect.provide(transport({ organization, behavior: { keys, unsetModelPermissions } })))
    )

    it.effect("audit log: each create and delete leaves its event under the default project, newest first", () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("10 seconds")
        const created = yield* create(["proj_b", "proj_c"], as("sk-admin-1"))
        yield* TestClock.adjust("5 seconds")
        const [first, second] = ids(created)
        yield* remove(String(first), as("sk-admin-1"))
        const page = yield* get("/organization/audit_logs")
        const actor = {
          type: "api_key",
          api_key: { id: "key_1", type: "user", user: { id: "user-fake", email: "admin@example.com" } }
        }
        const project = { id: "proj_default", name: "Default" }
        assert.deepStrictEqual(page.body, {
          object: "list",
          data: [
            {
              id: "audit_log-000000000000000000000003",
              type: "checkpoint.permission.deleted",
              effective_at: 15,
              project,
              actor,
              "checkpoint.permission.deleted": { id: first }
            },
            {
              id: "audit_log-000000000000000000000002",
              type: "checkpoint.permission.created",
              effective_at: 10,
              project,
              actor,
              "checkpoint.permission.created": {
                id: second,
                data: { project_id: "proj_c", fine_tuned_model_checkpoint: checkpoint }
              }
            },
            {
              id: "audit_log-000000000000000000000001",
              type: "checkpoint.permission.created",
              effective_at: 10,
              project,
              actor,
              "checkpoint.permission.created": {
                id: first,
                data: { project_id: "proj_b", fine_tuned_model_checkpoint: checkpoint }
              }
            }
          ],
          first_id: "audit_log-000000000000000000000003",
          last_id: "audit_log-000000000000000000000001",
          has_more: false
        })
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("audit log: filters as SDKs send them, and cursors both ways", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        for (let n = 1; n <= 5; n++) {
          yield* TestClock.adjust("10 seconds")
          yield* create([`proj_${n}`])
        }
        yield* remove("cp_000000000000000000000001")
        const numbers = (query: Parameters<typeof get>[1]) =>
          Effect.map(get("/organization/audit_logs", query), (reply) =>
            ids(reply).map((id) => Number(String(id).slice("audit_log-".length)))
          )
        const log = (n: number) => `audit_log-${String(n).padStart(24, "0")}`
        assert.deepStrictEqual(yield* numbers({ limit: "2" }), [6, 5])
        assert.deepStrictEqual(yield* numbers({ limit: "2", after: log(5) }), [4, 3])
        assert.deepStrictEqual(yield* numbers({ limit: "2", before: log(2) }), [4, 3])
        assert.deepStrictEqual(yield* numbers({ "effective_at[gt]": "20", "effective_at[lte]": "40" }), [4, 3])
        assert.deepStrictEqual(yield* numbers({ "effective_at[gte]": "20", "effective_at[lt]": "40" }), [3, 2])
        assert.deepStrictEqual(yield* numbers({ "event_types[]": "checkpoint.permission.deleted" }), [6])
        assert.deepStrictEqual(
          yield* numbers([
            ["event_types[]", "checkpoint.permission.deleted"],
            ["event_types[]", "checkpoint.permission.created"]
          ]),
          [6, 5, 4, 3, 2, 1]
        )
        assert.deepStrictEqual(yield* numbers({ "project_ids[]": "proj_default" }), [6, 5, 4, 3, 2, 1])
        assert.deepStrictEqual(yield* numbers({ "project_ids[]": "proj_1" }), [])
        assert.deepStrictEqual(yield* numbers({ "actor_ids[]": "key_any" }), [6, 5, 4, 3, 2, 1])
        assert.deepStrictEqual(yield* numbers({ "actor_emails[]": "nobody@example.com" }), [])
        assert.deepStrictEqual(yield* numbers({ "resource_ids[]": "cp_000000000000000000000001" }), [6, 1])
        assert.deepStrictEqual(yield* numbers({ "resource_ids[]": checkpoint }), [])
        yield* controls.setBehavior({ auditResources: ["checkpoint", "project"] })
        assert.deepStrictEqual(yield* numbers({ "resource_ids[]": checkpoint }), [6, 5, 4, 3, 2, 1])
        assert.deepStrictEqual(yield* numbers({ "resource_ids[]": "proj_2" }), [2])
        assert.deepStrictEqual(yield* numbers({ tenant_only: "true" }), [])
        failed(yield* get("/organization/audit_logs", { "effective_at[gt]": "noon" }), 400, { code: "invalid_type" })
        failed(yield* get("/organization/audit_logs", { type: "x" }), 400, { code: "unknown_parameter" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("audit log: what changes nothing leaves an event if so set; late; off is 403", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const count = Effect.map(get("/organization/audit_logs"), (reply) => ids(reply).length)
        yield* create(["proj_a", "proj_new"])
        yield* remove("cp_never")
        assert.strictEqual(yield* count, 1)
        yield* controls.setBehavior({ repeatEvents: true })
        yield* create(["proj_a"])
        yield* remove("cp_never")
        assert.strictEqual(yield* count, 3)
        yield* controls.setBehavior({ auditLag: "1 minute" })
        assert.strictEqual(yield* count, 0)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* count, 3)
        yield* controls.setBehavior({ auditLog: "off" })
        failed(yield* get("/organization/audit_logs"), 403, {})
      }).pipe(
        Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] }, behavior: { deleteGone: "deleted-true" } }))
      )
    )

    it.effect("two kinds of key: each answers for its own routes", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        for (const path of ["/models", "/fine_tuning/jobs", "/fine_tuning/jobs/ftjob-1/checkpoints"]) {
          assert.strictEqual((yield* get(path, {}, "sk-a")).status, 200, path)
          failed(yield* get(path, {}, "sk-admin-1"), 401, { code: "missing_scope" })
        }
        for (const path of [
          "/organization/projects",
          "/organization/projects/proj_a/model_permissions",
          "/organization/audit_logs",
          "/organization/admin_api_keys"
        ]) {
          assert.strictEqual((yield* get(path, {}, "sk-admin-1")).status, 200, path)
          failed(yield* get(path, {}, "sk-a"), 401, { code: "missing_scope" })
        }
        failed(yield* get("/organization/audit_logs", {}, "sk-a"), 401, {
          message: /Missing scopes: api\.audit_logs\.read\./
        })
        failed(yield* get("/models", {}, "sk-unknown"), 401, { code: "invalid_api_key" })
        yield* controls.setBehavior({ unknownKeys: "by-prefix", defaultProject: "proj_a" })
        assert.include(ids(yield* get("/models", {}, "sk-unknown")), checkpoint)
        assert.strictEqual((yield* get("/organization/projects", {}, "sk-admin-unknown")).status, 200)
        failed(yield* get("/organization/projects", {}, "sk-unknown"), 401, { code: "missing_scope" })
      }).pipe(Effect.provide(transport(setup)))
    )

    it.effect("quotas and faults are theirs too, each operation its own; models and jobs have no quota", () =>
      Effect.gen(function* () {
        const statuses = (path: string, count: number) =>
          Effect.map(
            Effect.forEach(Arr.range(1, count), () => get(path)),
            (all) => all.map(({ status }) => status)
          )
        assert.deepStrictEqual(yield* statuses("/organization/projects", 2), [200, 429])
        assert.deepStrictEqual(yield* statuses("/organization/audit_logs", 2), [200, 429])
        assert.deepStrictEqual(yield* statuses("/models", 3), [200, 200, 200])
        yield* inject(Faults.error(500), { operation: "list-models" })
        assert.deepStrictEqual(yield* statuses("/fine_tuning/jobs", 1), [200])
        assert.deepStrictEqual(yield* statuses("/models", 2), [500, 200])
        const requests = yield* (yield* fake).requests
        assert.strictEqual(requests[0]?.operation, "list-projects")
        assert.strictEqual(requests[0]?.checkpoint, undefined)
      }).pipe(Effect.provide(transport({ behavior: { rate: { requests: 1, per: "1 minute" } } })))
    )
  })
