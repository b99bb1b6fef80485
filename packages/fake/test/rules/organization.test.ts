import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { as, checkpoint, failed, field, ids, items, other, rule, within } from "./server.ts"

const keys = [
  behavior.adminKey("sk-admin-1"),
  behavior.projectKey("sk-a", "proj_a"),
  behavior.projectKey("sk-b", "proj_b"),
  behavior.ordinaryKey("sk-default")
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

describe("the routes next to checkpoint permissions", () => {
  rule(
    "models: what everybody sees, and what a project owns or was granted; every field",
    setup,
    async ({ create, get }) => {
      const mine = await get("/models", {}, "sk-a")
      const base = "gpt-4o-mini-2024-07-18"
      assert.deepStrictEqual(ids(mine), [base, checkpoint, `${checkpoint}:ckpt-step-100`])
      assert.deepStrictEqual(items(mine, "created"), [7, 9, 0])
      assert.deepStrictEqual(items(mine, "owned_by"), ["system", "org-weather", "org-fake"])
      assert.deepStrictEqual(items(mine, "shutdown_date"), ["2027-01-31", null, null])
      assert.deepStrictEqual(ids(await get("/models", {}, "sk-b")), [base])
      await create(["proj_b"], as("sk-admin-1"))
      assert.deepStrictEqual(ids(await get("/models", {}, "sk-b")), [base, checkpoint])
      assert.deepStrictEqual(ids(await get("/models", {}, "sk-default")), [base, other])
    }
  )

  rule("jobs: those of the key's project, newest first, without a last_id", setup, async ({ get }) => {
    const page = await get("/fine_tuning/jobs", { limit: "1" }, "sk-a")
    assert.deepStrictEqual(ids(page), ["ftjob-3"])
    assert.strictEqual(field(page.body, "has_more"), true)
    assert.doesNotHaveAnyKeys(page.body, ["last_id", "first_id"])
    const rest = await get("/fine_tuning/jobs", { after: "ftjob-3" }, "sk-a")
    assert.strictEqual(field(rest.body, "has_more"), false)
    assert.deepInclude(field(rest.body, "data", 0), {
      id: "ftjob-1",
      created_at: 3,
      finished_at: 3,
      fine_tuned_model: checkpoint,
      model: "gpt-4o-mini-2024-07-18",
      status: "succeeded"
    })
    assert.deepStrictEqual(ids(await get("/fine_tuning/jobs", {}, "sk-default")), ["ftjob-2"])
    assert.deepStrictEqual(ids(await get("/fine_tuning/jobs", { "metadata[team]": "weather" }, "sk-a")), ["ftjob-3"])
    failed(await get("/fine_tuning/jobs", { after: "ftjob-9" }, "sk-a"), 400, { param: "after" })
    failed(await get("/fine_tuning/jobs", { before: "ftjob-1" }, "sk-a"), 400, { code: "unknown_parameter" })
  })

  rule("jobs: metadata alone takes null only", setup, async ({ get }) => {
    assert.deepStrictEqual(ids(await get("/fine_tuning/jobs", { metadata: "null" }, "sk-a")), ["ftjob-1"])
    for (const metadata of ["foo", "", "weather"]) {
      failed(await get("/fine_tuning/jobs", { metadata }, "sk-a"), 400, { param: "metadata" })
    }
  })

  rule(
    "jobs: one that failed or was cancelled has ended and says why",
    {
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
    },
    async ({ get }) => {
      const { body } = await get("/fine_tuning/jobs")
      const of = (name: string) => [0, 1, 2, 3].map((i) => field(body, "data", i, name))
      assert.deepStrictEqual(of("status"), ["failed", "cancelled", "failed", "queued"])
      assert.deepStrictEqual(of("finished_at"), [4, 9, 0, null])
      assert.deepStrictEqual(of("error"), [
        { code: "exceeded_quota", message: "No more.", param: null },
        { code: "job_cancelled", message: "The job was cancelled.", param: null },
        { code: "job_failed", message: "The job failed.", param: null },
        null
      ])
    }
  )

  rule("job checkpoints: newest first; 404 for a job of another project", setup, async ({ get }) => {
    const page = await get("/fine_tuning/jobs/ftjob-1/checkpoints", {}, "sk-a")
    const newest = { created_at: 3, fine_tuned_model_checkpoint: checkpoint, step_number: 200 }
    assert.deepInclude(field(page.body, "data", 0), { ...newest, fine_tuning_job_id: "ftjob-1" })
    assert.deepStrictEqual(ids(page), ["ftckpt_1_2", "ftckpt_1_1"])
    assert.strictEqual(field(page.body, "last_id"), "ftckpt_1_1")
    failed(await get("/fine_tuning/jobs/ftjob-1/checkpoints", {}, "sk-b"), 404, { code: "fine_tune_not_found" })
  })

  rule("a job's project owns its models", setup, async ({ create }) => {
    failed(await create(["proj_a"], as("sk-admin-1")), 400, { message: /the owning project: proj_a$/ })
    failed(await create(["proj_default"], { checkpoint: other, ...as("sk-admin-1") }), 400, {})
    assert.strictEqual((await create(["proj_b"], as("sk-admin-1"))).status, 200)
  })

  rule("projects: archived ones on request, and pages", setup, async ({ get }) => {
    const page = await get("/organization/projects")
    assert.deepStrictEqual(ids(page), ["proj_default", "proj_a"])
    const first = { name: "Default", created_at: 1, archived_at: null, status: "active" }
    assert.deepInclude(field(page.body, "data", 0), first)
    assert.deepInclude(field(page.body, "data", 1), { name: "proj_a", created_at: 0 })
    assert.deepInclude(page.body, { first_id: "proj_default", last_id: "proj_a", has_more: false })
    const archived = await get("/organization/projects", { include_archived: "true", after: "proj_a", limit: "1" })
    assert.deepStrictEqual(items(archived, "status"), ["archived"])
    failed(await get("/organization/projects", { include_archived: "yes" }), 400, { code: "invalid_type" })
  })

  rule(
    "projects: by default all that the server has heard of",
    {
      seed: { [checkpoint]: ["proj_seeded"] },
      organization: { modelPermissions: { proj_set: { mode: "deny_list", model_ids: [] } } },
      behavior: { owners: { [other]: "proj_own" } }
    },
    async ({ create, get }) => {
      await create(["proj_new"])
      assert.deepStrictEqual(ids(await get("/organization/projects")), [
        "proj_default",
        "proj_own",
        "proj_set",
        "proj_seeded",
        "proj_new"
      ])
    }
  )

  it.each([
    ["deny-none", { object: "project.model_permissions", mode: "deny_list", model_ids: [] }],
    ["allow-none", { object: "project.model_permissions", mode: "allow_list", model_ids: [] }],
    ["not-found", undefined]
  ] as const)("model permissions: set, changed, deleted; unset they are %s", (unsetModelPermissions, unset) =>
    within({ organization, behavior: { keys, unsetModelPermissions } }, async ({ call, get }) => {
      const path = "/organization/projects/proj_a/model_permissions"
      const before = await get(path)
      if (unset === undefined) failed(before, 404, { code: "not_found" })
      else assert.deepStrictEqual(before.body, unset)
      const wanted = { mode: "allow_list", model_ids: [checkpoint] }
      const post = (json: unknown) => call("POST", { path, json, ...as("sk-admin-1") })
      const set = await post(wanted)
      assert.deepStrictEqual(set.body, { object: "project.model_permissions", ...wanted })
      assert.deepStrictEqual((await get(path)).body, set.body)
      failed(await post({ mode: "some" }), 400, { param: "mode" })
      const message = /^Invalid type for 'mode': expected a string, but got an object instead\.$/
      failed(await post({ mode: {} }), 400, { param: "mode", code: "invalid_type", message })
      failed(await post({ mode: "deny_list" }), 400, { param: "model_ids" })
      const deleted = await call("DELETE", { path, ...as("sk-admin-1") })
      assert.deepStrictEqual(deleted.body, { object: "project.model_permissions.deleted", deleted: true })
      assert.deepStrictEqual((await get(path)).status, before.status)
      failed(await get("/organization/projects/proj_none/model_permissions"), 404, { param: "project_id" })
    })
  )

  rule("two kinds of key: each answers for its own routes", setup, async ({ fake, get }) => {
    for (const path of ["/models", "/fine_tuning/jobs", "/fine_tuning/jobs/ftjob-1/checkpoints"]) {
      assert.strictEqual((await get(path, {}, "sk-a")).status, 200, path)
      failed(await get(path, {}, "sk-admin-1"), 401, { code: "missing_scope" })
    }
    for (const path of [
      "/organization/projects",
      "/organization/projects/proj_a/model_permissions",
      "/organization/audit_logs",
      "/organization/admin_api_keys"
    ]) {
      assert.strictEqual((await get(path, {}, "sk-admin-1")).status, 200, path)
      failed(await get(path, {}, "sk-a"), 401, { code: "missing_scope" })
    }
    failed(await get("/organization/audit_logs", {}, "sk-a"), 401, {
      message: /Missing scopes: api\.audit_logs\.read\./
    })
    fake.setBehavior({ keys: [{ key: "sk-admin-list", scopes: ["api.management.read"] }] })
    assert.strictEqual((await get("/organization/projects", {}, "sk-admin-list")).status, 200)
    failed(await get("/organization/audit_logs", {}, "sk-admin-list"), 401, { code: "missing_scope" })
    failed(await get("/models", {}, "sk-unknown"), 401, { code: "invalid_api_key" })
    fake.setBehavior({ unknownKeys: "by-prefix", defaultProject: "proj_a" })
    assert.include(ids(await get("/models", {}, "sk-unknown")), checkpoint)
    assert.strictEqual((await get("/organization/projects", {}, "sk-admin-unknown")).status, 200)
    failed(await get("/organization/projects", {}, "sk-unknown"), 401, { code: "missing_scope" })
  })
})
