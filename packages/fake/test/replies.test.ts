import { server } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { mismatch, operationOf, operations } from "./fixtures/schemas.ts"
import { ask, checkpoint, other, type Sent } from "./support.ts"

const permissions = `/fine_tuning/checkpoints/${checkpoint}/permissions`
const modelPermissions = "/organization/projects/proj_a/model_permissions"
const grant = { project_ids: ["proj_b"] }

const organization = {
  projects: ["proj_a", { id: "proj_b", name: "B", created_at: 5, archived_at: 9 }, "proj_c"],
  models: ["gpt-4o", { id: checkpoint, shutdown_date: "2027-01-31", created: 3, owned_by: "org-a" }],
  jobs: [
    { id: "ftjob-1", fine_tuned_model: checkpoint, project: "proj_a" },
    { id: "ftjob-2", fine_tuned_model: null, status: "failed" as const, metadata: { team: "a" } },
    { id: "ftjob-3", fine_tuned_model: other, checkpoints: [`${other}:ckpt-step-100`, other], created_at: 7 }
  ],
  modelPermissions: { proj_c: { mode: "deny_list" as const, model_ids: ["gpt-4o"] } },
  adminKeys: [
    { id: "key_ci", name: "CI", owner: { type: "service_account" as const, id: "sa_1" }, created_at: 4 },
    { id: "key_1", owner: { type: "user" as const, id: "user_1", email: "ana@example.com" }, expires_at: 9 }
  ],
  events: [
    { type: "checkpoint.permission.created", effective_at: 4, actor: { key: "key_ci" }, project: null },
    { type: "checkpoint.permission.created", effective_at: 3, permission_id: "cp_1", project_id: "proj_a" },
    { type: "checkpoint.permission.deleted", effective_at: 5, actor: { session: { email: "ana@example.com" } } },
    { type: "user.added", effective_at: 1, actor: { session: {} } },
    { type: "tenant.policy.created", effective_at: 2, actor: { key: "key_1" } }
  ]
}

/** The requests of which each is answered with a 200 by a server with any key. */
const successes: ReadonlyArray<Sent> = [
  { method: "POST", path: permissions, json: grant },
  { method: "GET", path: permissions },
  { method: "DELETE", path: `${permissions}/cp_000000000000000000000001` },
  { method: "GET", path: "/models" },
  { method: "GET", path: "/fine_tuning/jobs" },
  { method: "GET", path: "/fine_tuning/jobs/ftjob-3/checkpoints" },
  { method: "GET", path: "/organization/projects", query: [["include_archived", "true"]] },
  { method: "GET", path: modelPermissions },
  { method: "POST", path: modelPermissions, json: { mode: "allow_list", model_ids: [checkpoint] } },
  { method: "DELETE", path: modelPermissions },
  { method: "GET", path: "/organization/audit_logs" },
  { method: "GET", path: "/organization/admin_api_keys" }
]

describe("every reply is as its schema says", () => {
  it.each(successes)("200 to $method $path", (sent) => {
    let state = server.start(
      { seed: { [checkpoint]: ["proj_c"] }, organization, behavior: { deleteGone: "deleted-false" } },
      1
    )
    state = ask(state, { method: "POST", path: permissions, json: { project_ids: ["proj_x"] } }, 1000).state
    const { reply } = ask(state, sent, 2000)
    assert.strictEqual(reply.status, 200)
    assert.isUndefined(mismatch(sent, reply))
  })

  it("these are all operations of the document", () => {
    const tried = successes.map(({ method, path }) => operationOf(method, path))
    assert.sameMembers(tried, [...operations])
  })

  it("what is not as the schemas say is seen", () => {
    const page = { object: "list", data: [], has_more: false }
    const models = { method: "GET", path: "/v1/models" }
    const list = { method: "GET", path: `/v1${permissions}` }
    assert.isUndefined(mismatch(list, { status: 200, body: { ...page, last_id: null } }))
    assert.match(String(mismatch(list, { status: 200, body: { ...page, last_ids: null } })), /additional properties/)
    assert.match(
      String(mismatch(list, { status: 200, body: { ...page, has_more: "yes" } })),
      /has_more must be boolean/
    )
    const model = { id: "gpt-4o", object: "model", created: 5, owned_by: "system", shutdown_date: "soon" }
    assert.isString(mismatch(models, { status: 200, body: { object: "list", data: [model] } }))
    assert.isString(mismatch(models, { status: 404, body: { error: "No." } }))
    assert.isString(mismatch({ method: "GET", path: "/v1/files" }, { status: 200, body: page }))
  })
})
