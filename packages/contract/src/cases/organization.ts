/** The lists besides those of permissions: of an organization, and of one of its projects. */
import type { Settings } from "@checkpoint-permissions/fake/behavior"
import * as faults from "@checkpoint-permissions/fake/faults"
import type { Organization } from "@checkpoint-permissions/fake/seed"
import type { Case, ListCall } from "../case.ts"

const created = "checkpoint.permission.created"
const model = (n: number) => `ft:gpt-4o-mini-2024-07-18:org:model-${n}:B7R9VjQd`
const numbered = <A>(count: number, of: (n: number) => A) => Array.from({ length: count }, (_, index) => of(index + 1))

export const organization: Organization = {
  projects: [
    ...numbered(5, (n) => ({ id: `proj_${n}`, name: `Project ${n}` })),
    { id: "proj_old", archived_at: 1_700_000_000 }
  ],
  models: ["gpt-4o-mini-2024-07-18"],
  jobs: numbered(3, (n) => ({
    id: `ftjob-${n}`,
    fine_tuned_model: model(n),
    project: "proj_1",
    checkpoints: numbered(3, (step) => ({ id: `ftckpt_${step}`, fine_tuned_model_checkpoint: `${model(n)}:${step}` }))
  })),
  adminKeys: [{ id: "key_1" }, { id: "key_2", name: "CI" }],
  // one POST made all of them, in the same second
  events: [
    ...numbered(5, (n) => ({ id: `audit_log-${n}`, type: created, effective_at: 0 })),
    { id: "audit_log-6", type: "project.created", effective_at: 0 }
  ]
}

export const byPrefix: Settings = { keys: [], unknownKeys: "by-prefix", defaultProject: "proj_1" }

export const answering = (body: object): faults.Fault => faults.reply(200, { body })

const event = (fields: object) => ({ id: "audit_log-1", type: created, effective_at: 1_700_000_000, ...fields })
const events = (...data: ReadonlyArray<object>) => ({ object: "list", data, has_more: false })

const pagesWithoutObject: ReadonlyArray<readonly [ListCall, string, ReadonlyArray<string>]> = [
  [{ call: "projects" }, "list-projects", numbered(5, (n) => `proj_${n}`)],
  [{ call: "adminKeys" }, "list-admin-keys", ["key_1", "key_2", "key_any"]],
  [{ call: "events" }, "list-audit-logs", numbered(6, (n) => `audit_log-${7 - n}`)],
  [{ call: "jobs" }, "list-jobs", ["ftjob-3", "ftjob-2", "ftjob-1"]],
  [{ call: "checkpoints", job: "ftjob-2" }, "list-job-checkpoints", ["ftckpt_3", "ftckpt_2", "ftckpt_1"]]
]

export const organizations: ReadonlyArray<Case> = [
  {
    name: "projects are paged by last_id, without archived ones",
    organization,
    options: { pageSize: 2 },
    call: { call: "projects" },
    ok: numbered(5, (n) => `proj_${n}`),
    sent: [
      "list-projects?limit=2 200",
      "list-projects?after=proj_2&limit=2 200",
      "list-projects?after=proj_4&limit=2 200"
    ]
  },
  {
    name: "admin keys",
    organization,
    call: { call: "adminKeys" },
    ok: ["key_1", "key_2", "key_any"],
    sent: ["list-admin-keys?limit=100 200"]
  },
  {
    name: "events of one second are paged by after",
    organization,
    options: { pageSize: 2 },
    call: { call: "events", types: [created] },
    ok: numbered(5, (n) => `audit_log-${6 - n}`),
    sent: [
      `list-audit-logs?event_types[]=${created}&limit=2 200`,
      `list-audit-logs?event_types[]=${created}&after=audit_log-4&limit=2 200`,
      `list-audit-logs?event_types[]=${created}&after=audit_log-2&limit=2 200`
    ]
  },
  {
    name: "events since and until: no second that a time is in is cut",
    organization,
    call: { call: "events", since: 999, until: 999 },
    ok: numbered(6, (n) => `audit_log-${7 - n}`),
    sent: ["list-audit-logs?effective_at[gte]=0&effective_at[lt]=1&limit=100 200"]
  },
  {
    name: "actor, data and ids of an event may be missing or null, and its type may be new",
    answers: [
      answering(
        events(
          event({}),
          event({ id: "audit_log-2", actor: null, [created]: null }),
          event({ id: "audit_log-3", actor: { type: "new" }, [created]: { id: null, data: {} } }),
          event({ id: "audit_log-4", type: "something.new", "something.new": { id: 1 } })
        )
      )
    ],
    call: { call: "events" },
    ok: ["audit_log-1", "audit_log-2", "audit_log-3", "audit_log-4"],
    sent: ["list-audit-logs?limit=100 200"]
  },
  {
    name: "a 429 of one route has its own text, and Retry-After",
    organization,
    behavior: {
      rate: {
        requests: 1,
        per: 60_000,
        text: { "list-audit-logs": "rate-limit-reached" },
        headers: { "list-audit-logs": "retry-after" }
      }
    },
    options: { pageSize: 2 },
    call: { call: "events" },
    fail: {
      kind: "RateLimitError",
      operation: "list-audit-logs",
      retryAfter: 60_000,
      detail: "Rate limit reached for list-audit-logs."
    },
    sent: ["list-audit-logs?limit=2 200", "list-audit-logs?after=audit_log-5&limit=2 429"]
  },
  {
    name: "a fault deep in an event is named",
    answers: [answering(events(event({ actor: { session: { user: { email: 1 } } } })))],
    call: { call: "events" },
    fail: { kind: "InvalidResponseError", reason: "data[0].actor.session.user.email: expected a string, actual 1" },
    sent: ["list-audit-logs?limit=100 200"]
  },
  ...pagesWithoutObject.map(
    ([call, path, ok]): Case => ({
      name: `a page without object: ${call.call}`,
      organization,
      behavior: { pageObject: "absent" },
      options: { adminKey: "sk-proj-1", projectId: "proj_1" },
      call,
      ok,
      sent: [`${path}?limit=100 200`]
    })
  ),
  {
    name: "a page without object and has_more is refused",
    answers: [answering({ data: [] })],
    call: { call: "events" },
    fail: { kind: "InvalidResponseError", reason: "has_more: is missing" },
    sent: ["list-audit-logs?limit=100 200"]
  },
  {
    name: "models without object are refused",
    answers: [answering({ data: [] })],
    options: { adminKey: "sk-proj-1" },
    call: { call: "models" },
    fail: { kind: "InvalidResponseError", reason: "object: is missing" },
    sent: ["list-models 200"]
  },
  {
    name: "no type of event is refused before a request",
    call: { call: "events", types: [] },
    fail: { kind: "InvalidInputError", field: "types" },
    sent: []
  },
  ...(
    [
      ["deny-none", { mode: "deny_list", models: [] }, 200],
      ["allow-none", { mode: "allow_list", models: [] }, 200],
      ["not-found", undefined, 404]
    ] as const
  ).map(
    ([unsetModelPermissions, ok, status]): Case => ({
      name: `model permissions that are not set: ${unsetModelPermissions}`,
      organization,
      behavior: { unsetModelPermissions },
      call: { call: "modelPermissions", project: "proj_1" },
      ok,
      sent: [`get-model-permissions ${status}`]
    })
  ),
  {
    name: "model permissions that are set, after a 429",
    organization: { ...organization, modelPermissions: { proj_1: { mode: "allow_list", model_ids: [model(1)] } } },
    answers: [faults.reply(429)],
    options: { retry: { times: 1, every: 1000, cap: 600_000 } },
    call: { call: "modelPermissions", project: "proj_1" },
    ok: { mode: "allow_list", models: [model(1)] },
    sent: ["get-model-permissions 429", "get-model-permissions 200"],
    took: 1000
  },
  {
    name: "model permissions of another mode",
    answers: [answering({ object: "project.model_permissions", mode: "some_list", model_ids: [] })],
    call: { call: "modelPermissions", project: "proj_1" },
    fail: { kind: "InvalidResponseError", reason: 'mode: expected "allow_list" or "deny_list", actual "some_list"' },
    sent: ["get-model-permissions 200"]
  },
  {
    name: "model permissions with a key that lacks the scope",
    behavior: byPrefix,
    options: { adminKey: "sk-proj-1" },
    call: { call: "modelPermissions", project: "proj_1" },
    fail: { kind: "MissingScopeError", operation: "get-model-permissions", scopes: ["api.management.read"] },
    sent: ["get-model-permissions 401"]
  },
  {
    name: "model permissions of an invalid project id",
    call: { call: "modelPermissions", project: ".." },
    fail: { kind: "InvalidInputError", operation: "get-model-permissions", field: "project" },
    sent: []
  },
  {
    name: "a log that is turned off",
    behavior: { auditLog: "off" },
    call: { call: "events" },
    fail: { kind: "PermissionDeniedError", operation: "list-audit-logs", code: "audit_logs_disabled" },
    sent: ["list-audit-logs?limit=100 403"]
  },
  {
    name: "an ordinary key where an admin key belongs",
    behavior: byPrefix,
    options: { adminKey: "sk-proj-1" },
    call: { call: "projects" },
    fail: { kind: "MissingScopeError", scopes: ["api.management.read"] },
    sent: ["list-projects?limit=100 401"]
  },
  {
    name: "an admin key where an ordinary one belongs is refused before a request",
    options: { adminKey: "sk-admin-1" },
    call: { call: "jobs" },
    fail: { kind: "InvalidInputError", field: "apiKey", reason: "pass an ordinary key of the project" },
    sent: []
  },
  {
    name: "a list is repeated after a 429, and each operation has its own rate limiter",
    organization,
    answers: [
      {
        operation: "list-projects",
        fault: faults.reply(429)
      }
    ],
    options: { pacing: { requests: 1, per: 60_000 }, retry: { times: 1, every: 1000, cap: 600_000 } },
    call: { call: "sequence", of: [{ call: "adminKeys" }, { call: "projects" }] },
    ok: [0, 60_000],
    sent: ["list-admin-keys?limit=100 200", "list-projects?limit=100 429", "list-projects?limit=100 200"],
    took: 60_000
  }
]
