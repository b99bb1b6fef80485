import { behavior, server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
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

const cursor = fc.constantFrom(
  "gone",
  "ftjob-1",
  "ftckpt_3_1",
  "proj_a",
  "audit_log-000000000000000000000001",
  "cp_000000000000000000000001"
)

const someQuery = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom("after", "before", "project_id"), cursor),
    fc.tuple(fc.constant("limit"), fc.constantFrom("0", "1", "2", "1000", "x")),
    fc.tuple(fc.constant("order"), fc.constantFrom("ascending", "descending", "asc", "desc")),
    fc.constantFrom(
      ["include_archived", "true"] as const,
      ["effective_at[gt]", "5"] as const,
      ["event_types[]", "checkpoint.permission.deleted"] as const,
      ["resource_ids[]", checkpoint] as const,
      ["metadata[team]", "a"] as const,
      ["tenant_only", "yes"] as const
    )
  ),
  { maxLength: 2 }
)

const someJson = fc.oneof(
  fc.constant(undefined),
  fc.record({ project_ids: fc.array(fc.constantFrom("proj_a", "proj_b", "proj_c", ""), { maxLength: 3 }) }),
  fc.record({ mode: fc.constantFrom("allow_list", "deny_list", "some"), model_ids: fc.array(fc.constant(other)) }),
  fc.jsonValue()
)

const someRequest: fc.Arbitrary<Sent> = fc.record(
  {
    method: fc.constantFrom("GET", "GET", "POST", "DELETE", "PUT"),
    path: fc.oneof(
      fc.constantFrom(...successes.map(({ path }) => path)),
      fc.constantFrom(
        "/fine_tuning/jobs/ftjob-9/checkpoints",
        "/organization/projects/proj_none/model_permissions",
        "/fine_tuning/checkpoints/ftckpt_1/permissions",
        "/fine_tuning/checkpoints/ft:unknown/permissions",
        `${permissions}/cp_9`,
        "/fine_tuning/jobs/%E0%A4%A/checkpoints",
        "/organization",
        "/"
      )
    ),
    query: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someQuery }),
    json: someJson,
    key: fc.constantFrom("sk-admin-1", "sk-admin-1", "sk-a", "sk-unknown", "")
  },
  { requiredKeys: ["method", "path"] }
)

const keys = [behavior.adminKey("sk-admin-1"), behavior.projectKey("sk-a", "proj_a")]

const someBehavior: fc.Arbitrary<behavior.Settings> = fc.record(
  {
    regrant: fc.constantFrom(...behavior.unknowns.regrant),
    partialCreate: fc.constantFrom(...behavior.unknowns.partialCreate),
    overLimit: fc.constantFrom(...behavior.unknowns.overLimit),
    underLimit: fc.constantFrom(...behavior.unknowns.underLimit),
    deleteGone: fc.constantFrom(...behavior.unknowns.deleteGone),
    unknownAfter: fc.constantFrom(...behavior.unknowns.unknownAfter),
    shortPages: fc.constantFrom(...behavior.unknowns.shortPages),
    unknownCheckpoints: fc.constantFrom("accept" as const, "not-found" as const),
    missingScopeStatus: fc.constantFrom(401 as const, 403 as const),
    unknownJobs: fc.constantFrom(...behavior.unknowns.unknownJobs),
    grantedModels: fc.constantFrom(...behavior.unknowns.grantedModels),
    excludedModels: fc.constantFrom(...behavior.unknowns.excludedModels),
    unsetModelPermissions: fc.constantFrom(...behavior.unknowns.unsetModelPermissions),
    auditLog: fc.constantFrom(...behavior.unknowns.auditLog),
    auditLag: fc.constantFrom(0, 5000, { min: 0, max: 9000 }),
    auditReach: fc.constantFrom("unlimited" as const, 3000),
    auditKeyIds: fc.constantFrom(...behavior.unknowns.auditKeyIds),
    repeatEvents: fc.boolean(),
    keys: fc.constantFrom("any" as const, keys),
    unknownKeys: fc.constantFrom("refuse" as const, "by-prefix" as const),
    owners: fc.constantFrom({}, { [checkpoint]: "proj_b" }),
    maxProjects: fc.constantFrom(1, 100),
    rate: fc.constantFrom("unlimited" as const, { requests: 3, per: 60_000 })
  },
  { requiredKeys: [] }
)

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

  it("whatever is asked, of whatever server", () =>
    fc.assert(
      fc.property(
        someBehavior,
        fc.constantFrom({}, organization),
        fc.array(fc.tuple(someRequest, fc.nat(20_000)), { maxLength: 12 }),
        (settings, given, requests) => {
          let state = server.start({ behavior: settings, organization: given, seed: { [checkpoint]: ["proj_c"] } }, 0)
          for (const [sent, now] of requests) {
            const next = ask(state, sent, now)
            state = next.state
            assert.isUndefined(mismatch(sent, next.reply))
          }
        }
      ),
      {
        numRuns: 500,
        // a field without a name
        examples: [[{}, {}, [[{ method: "POST", path: permissions, json: { "": 0 } }, 0]]]]
      }
    ))

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
    const model = { id: "gpt-4o", object: "model", created: 5, owned_by: "system", shutdown_date: null }
    assert.isUndefined(mismatch(models, { status: 200, body: { object: "list", data: [model] } }))
    for (const wrong of [{ created: 1_700_000_000_000 }, { shutdown_date: "soon" }, { owned_by: undefined }]) {
      assert.isString(mismatch(models, { status: 200, body: { object: "list", data: [{ ...model, ...wrong }] } }))
    }
    const error = { message: "No.", type: "invalid_request_error", param: null, code: null }
    assert.isUndefined(mismatch(models, { status: 404, body: { error } }))
    for (const body of [
      { error: "No." },
      { error: { ...error, code: 502 } },
      { error: { ...error, message: "" } },
      {}
    ]) {
      assert.isString(mismatch(models, { status: 404, body }))
    }
    assert.isString(mismatch({ method: "GET", path: "/v1/files" }, { status: 200, body: page }))
  })
})
