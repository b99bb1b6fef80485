import { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, TestClock } from "effect"
import { call, checkpoint, create, failed, fake, field, items, type Transport } from "./transport.ts"

const other = "ft:gpt-4o-mini-2024-07-18:org:forecast:C8S0WkRe"

const get = (path: string, query: Readonly<Record<string, string>> = {}, key = "sk-admin-1") =>
  call("GET", { path, query, headers: { authorization: `Bearer ${key}` } })

const ids = (reply: { readonly body: unknown }) => items(reply, "id")

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
  ["/organization/projects", ["proj_a", "proj_b", "proj_c"]],
  ["/fine_tuning/jobs", ["ftjob-2", "ftjob-1"]],
  ["/fine_tuning/jobs/ftjob-2/checkpoints", ["ftckpt_2_2", "ftckpt_2_1"]],
  ["/organization/audit_logs", [2, 1].map((n) => `audit_log-${String(n).padStart(24, "0")}`)]
] as const

const keys = [ServerBehavior.adminKey("sk-admin-1"), ServerBehavior.projectKey("sk-b", "proj_b")]

export const organizationSettings = (name: string, transport: Transport) =>
  describe(`${name}: settings of the routes next to checkpoint permissions`, () => {
    it.effect.each(lists)("%s: limits and cursors out of range are what the settings say", ([path, all]) =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* create(["proj_x", "proj_y"])
        assert.deepStrictEqual(ids(yield* get(path, { limit: "1000" })), [...all])
        failed(yield* get(path, { limit: "0" }), 400, { param: "limit", code: "integer_below_min_value" })
        failed(yield* get(path, { limit: "some" }), 400, { param: "limit", code: "invalid_type" })
        failed(yield* get(path, { after: "gone" }), 400, { param: "after" })
        yield* controls.setBehavior({ overLimit: "bad-request", underLimit: "default", unknownAfter: "not-found" })
        failed(yield* get(path, { limit: "101" }), 400, { param: "limit", code: "integer_above_max_value" })
        assert.deepStrictEqual(ids(yield* get(path, { limit: "100" })), [...all])
        assert.deepStrictEqual(ids(yield* get(path, { limit: "-1" })), [...all])
        failed(yield* get(path, { after: "gone" }), 404, { param: "after", code: "not_found" })
        yield* controls.setBehavior({ unknownAfter: "empty-page" })
        const empty = yield* get(path, { after: "gone" })
        assert.deepStrictEqual(ids(empty), [])
        assert.strictEqual(field(empty.body, "has_more"), false)
        yield* controls.setBehavior({ unknownAfter: "restart" })
        assert.deepStrictEqual(ids(yield* get(path, { after: "gone", limit: "1" })), [all[0]])
      }).pipe(Effect.provide(transport({ organization })))
    )

    it.effect("maxLimit is that of permissions, jobs and job checkpoints; the others have 100", () =>
      Effect.gen(function* () {
        yield* create(["proj_x", "proj_y"])
        const sizes = yield* Effect.forEach(lists, ([path]) =>
          Effect.map(get(path, { limit: "2" }), (page) => ids(page).length)
        )
        assert.deepStrictEqual(sizes, [2, 1, 1, 2])
      }).pipe(Effect.provide(transport({ organization, behavior: { maxLimit: 1 } })))
    )

    it.effect("a cursor may name what is not listed: a project that was archived meanwhile", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(ids(yield* get("/organization/projects", { after: "proj_old" })), ["proj_b", "proj_c"])
      }).pipe(Effect.provide(transport({ organization })))
    )

    it.effect("excludedModels: hidden, and a project does not see what its model permissions exclude", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        const set = (mode: string, ...models: ReadonlyArray<string>) =>
          call("POST", {
            path: "/organization/projects/proj_b/model_permissions",
            json: { mode, model_ids: models },
            headers: { authorization: "Bearer sk-admin-1" }
          })
        const seen = Effect.map(get("/models", {}, "sk-b"), ids)
        const base = "gpt-4o-mini-2024-07-18"
        const all = [base, other, `${other}:ckpt-step-100`]
        yield* set("allow_list", other)
        assert.deepStrictEqual(yield* seen, all)
        yield* controls.setBehavior({ excludedModels: "hidden" })
        assert.deepStrictEqual(yield* seen, [other])
        yield* set("deny_list", other)
        assert.deepStrictEqual(yield* seen, [base, `${other}:ckpt-step-100`])
        yield* call("DELETE", {
          path: "/organization/projects/proj_b/model_permissions",
          headers: { authorization: "Bearer sk-admin-1" }
        })
        assert.deepStrictEqual(yield* seen, all)
      }).pipe(Effect.provide(transport({ organization, behavior: { keys } })))
    )

    it.effect.each([
      ["not-found", undefined],
      ["deleted-false", false],
      ["deleted-true", true]
    ] as const)("deleteGone %s: model permissions that are not set", ([deleteGone, deleted]) =>
      Effect.gen(function* () {
        const reply = yield* call("DELETE", { path: "/organization/projects/proj_a/model_permissions" })
        if (deleted === undefined) failed(reply, 404, { code: "not_found" })
        else assert.deepStrictEqual(reply.body, { object: "project.model_permissions.deleted", deleted })
      }).pipe(Effect.provide(transport({ behavior: { deleteGone } })))
    )

    it.effect("unknownJobs empty-page: of a job that is not there, or of another project", () =>
      Effect.gen(function* () {
        for (const id of ["ftjob-none", "ftjob-1"]) {
          const page = yield* get(`/fine_tuning/jobs/${id}/checkpoints`, {}, "sk-b")
          assert.deepStrictEqual(items(page, "id"), [])
        }
      }).pipe(
        Effect.provide(
          transport({
            organization,
            behavior: { unknownJobs: "empty-page", keys: [ServerBehavior.projectKey("sk-b", "proj_elsewhere")] }
          })
        )
      )
    )

    it.effect("a job of an id and a model has that model for its checkpoint", () =>
      Effect.gen(function* () {
        const page = yield* get("/fine_tuning/jobs/ftjob-1/checkpoints")
        assert.deepStrictEqual(items(page, "fine_tuned_model_checkpoint"), [checkpoint])
      }).pipe(Effect.provide(transport({ organization })))
    )

    it.effect("seedOrganization adds, and puts what has an id that is there in its place", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* TestClock.adjust("1 minute")
        yield* controls.seedOrganization({
          projects: [{ id: "proj_a", name: "Renamed" }, "proj_d"],
          models: [{ id: "gpt-4o-mini-2024-07-18", shutdown_date: "2027-01-31" }],
          jobs: [{ id: "ftjob-3", fine_tuned_model: `${other}-2`, project: "proj_c" }],
          modelPermissions: { proj_b: { mode: "deny_list", model_ids: [other] } }
        })
        const projects = yield* get("/organization/projects")
        assert.deepStrictEqual(ids(projects), ["proj_a", "proj_b", "proj_c", "proj_d"])
        assert.strictEqual(field(projects.body, "data", 0, "name"), "Renamed")
        assert.strictEqual(field((yield* get("/models")).body, "data", 0, "shutdown_date"), "2027-01-31")
        assert.deepStrictEqual(ids(yield* get("/fine_tuning/jobs")), ["ftjob-3", "ftjob-2", "ftjob-1"])
        assert.deepStrictEqual(
          field((yield* get("/organization/projects/proj_b/model_permissions")).body, "model_ids"),
          [other]
        )
        failed(yield* create(["proj_c"], { checkpoint: `${other}-2` }), 400, { message: /owning project: proj_c$/ })
      }).pipe(Effect.provide(transport({ organization })))
    )

    it.effect("underLimit: default takes a limit below 1 for none", () =>
      Effect.gen(function* () {
        const page = yield* call("GET", { query: { limit: "0" } })
        assert.lengthOf(ids(page), 10)
      }).pipe(
        Effect.provide(
          transport({
            seed: { [checkpoint]: Arr.makeBy(11, (n) => `proj_${n}`) },
            behavior: { underLimit: "default" }
          })
        )
      )
    )
  })
