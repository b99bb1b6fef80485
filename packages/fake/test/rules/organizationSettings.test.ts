import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { checkpoint, failed, field, ids, items, other, rule, within } from "./server.ts"

const organization = {
  projects: ["proj_a", { id: "proj_old", archived_at: 5 }, "proj_b", "proj_c"],
  models: ["gpt-4o-mini-2024-07-18"],
  jobs: [
    { id: "ftjob-1", fine_tuned_model: checkpoint, project: "proj_a" },
    { id: "ftjob-2", fine_tuned_model: other, project: "proj_b", checkpoints: [`${other}:ckpt-step-100`, other] }
  ]
}

/** Every list with pages: its path, and its ids in order. */
const lists = [
  [
    `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`,
    [2, 1].map((n) => `cp_${String(n).padStart(24, "0")}`)
  ],
  ["/organization/projects", ["proj_a", "proj_b", "proj_c"]],
  ["/fine_tuning/jobs", ["ftjob-2", "ftjob-1"]],
  ["/fine_tuning/jobs/ftjob-2/checkpoints", ["ftckpt_2_2", "ftckpt_2_1"]],
  ["/organization/audit_logs", [2, 1].map((n) => `audit_log-${String(n).padStart(24, "0")}`)]
] as const

describe("settings of the routes next to checkpoint permissions", () => {
  it.each(lists)("%s: limits and cursors out of range are what the settings say", (path, all) =>
    within({ organization }, async ({ create, fake, get }) => {
      await create(["proj_x", "proj_y"])
      assert.deepStrictEqual(ids(await get(path, { limit: "1000" })), [...all])
      failed(await get(path, { limit: "0" }), 400, { param: "limit", code: "integer_below_min_value" })
      failed(await get(path, { limit: "some" }), 400, { param: "limit", code: "invalid_type" })
      failed(await get(path, { after: "gone" }), 400, { param: "after" })
      fake.setBehavior({ overLimit: "bad-request", underLimit: "default", unknownAfter: "not-found" })
      failed(await get(path, { limit: "101" }), 400, { param: "limit", code: "integer_above_max_value" })
      assert.deepStrictEqual(ids(await get(path, { limit: "100" })), [...all])
      assert.deepStrictEqual(ids(await get(path, { limit: "-1" })), [...all])
      failed(await get(path, { after: "gone" }), 404, { param: "after", code: "not_found" })
      fake.setBehavior({ unknownAfter: "empty-page" })
      for (const cursor of path === "/organization/audit_logs" ? ["after", "before"] : ["after"]) {
        const empty = await get(path, { [cursor]: "gone" })
        assert.deepStrictEqual(ids(empty), [])
        assert.strictEqual(field(empty.body, "has_more"), false)
      }
      const backwards = await get(path, { before: String(all[0]) })
      if (path === "/organization/audit_logs") assert.strictEqual(backwards.status, 200)
      else failed(backwards, 400, { param: "before", code: "unknown_parameter" })
      fake.setBehavior({ unknownAfter: "restart" })
      assert.deepStrictEqual(ids(await get(path, { after: "gone", limit: "1" })), [all[0]])
    })
  )

  rule(
    "maxLimit is that of permissions, jobs and job checkpoints; the others have 100",
    { organization, behavior: { maxLimit: 1 } },
    async ({ create, get }) => {
      await create(["proj_x", "proj_y"])
      const sizes: Array<number> = []
      for (const [path] of lists) sizes.push(ids(await get(path, { limit: "2" })).length)
      assert.deepStrictEqual(sizes, [1, 2, 1, 1, 2])
    }
  )

  rule(
    "a cursor may name what is not listed: a project that was archived meanwhile",
    { organization },
    async ({ get }) => {
      assert.deepStrictEqual(ids(await get("/organization/projects", { after: "proj_old" })), ["proj_b", "proj_c"])
    }
  )

  it.each([
    ["not-found", undefined],
    ["deleted-false", false],
    ["deleted-true", true]
  ] as const)("deleteGone %s: model permissions that are not set", (deleteGone, deleted) =>
    within({ behavior: { deleteGone } }, async ({ call }) => {
      const reply = await call("DELETE", { path: "/organization/projects/proj_a/model_permissions" })
      if (deleted === undefined) failed(reply, 404, { code: "not_found" })
      else assert.deepStrictEqual(reply.body, { object: "project.model_permissions.deleted", deleted })
    })
  )

  rule(
    "unknownJobs empty-page: of a job that is not there, or of another project",
    {
      organization,
      behavior: { unknownJobs: "empty-page", keys: [behavior.projectKey("sk-b", "proj_elsewhere")] }
    },
    async ({ get }) => {
      for (const id of ["ftjob-none", "ftjob-1"]) {
        const page = await get(`/fine_tuning/jobs/${id}/checkpoints`, {}, "sk-b")
        assert.deepStrictEqual(items(page, "id"), [])
      }
    }
  )

  rule("a job of an id and a model has that model for its checkpoint", { organization }, async ({ get }) => {
    const page = await get("/fine_tuning/jobs/ftjob-1/checkpoints")
    assert.deepStrictEqual(items(page, "fine_tuned_model_checkpoint"), [checkpoint])
  })

  rule(
    "seedOrganization adds, and puts what has an id that is there in its place",
    { organization },
    async ({ create, fake, get }) => {
      await fake.advance(60_000)
      fake.seedOrganization({
        projects: [{ id: "proj_a", name: "Renamed" }, "proj_d"],
        models: [{ id: "gpt-4o-mini-2024-07-18", shutdown_date: "2027-01-31" }],
        jobs: [{ id: "ftjob-3", fine_tuned_model: `${other}-2`, project: "proj_c" }],
        modelPermissions: { proj_b: { mode: "deny_list", model_ids: [other] } }
      })
      const projects = await get("/organization/projects")
      assert.deepStrictEqual(ids(projects), ["proj_a", "proj_b", "proj_c", "proj_d"])
      assert.strictEqual(field(projects.body, "data", 0, "name"), "Renamed")
      assert.strictEqual(field((await get("/models")).body, "data", 0, "shutdown_date"), "2027-01-31")
      assert.deepStrictEqual(ids(await get("/fine_tuning/jobs")), ["ftjob-3", "ftjob-2", "ftjob-1"])
      assert.deepStrictEqual(field((await get("/organization/projects/proj_b/model_permissions")).body, "model_ids"), [
        other
      ])
      failed(await create(["proj_c"], { checkpoint: `${other}-2` }), 400, { message: /owning project: proj_c$/ })
    }
  )
})
