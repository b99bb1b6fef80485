/** What is refused before a request exists. */
import { checkpoint, create, created, grant, list, listed, remove, revoke, stream } from "../builders.ts"
import type { Call, Case, ServiceOptions } from "../model.ts"

const noProjects = "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"

const calls: ReadonlyArray<readonly [what: string, call: Call, field: string, reason: string]> = [
  [
    "a checkpoint that would address another path",
    { call: "list", checkpoint: ".." },
    "checkpoint",
    `the checkpoint id ".." would address another path: pass an id such as ${checkpoint}`
  ],
  [
    "a job checkpoint's own id",
    { call: "list", checkpoint: "ftckpt_zc4Q7MP6" },
    "checkpoint",
    "a job checkpoint's own id (ftckpt_…) has no permissions: pass the model name ft:… (fine_tuned_model_checkpoint)"
  ],
  [
    "a key in the place of a checkpoint, which is not repeated",
    { call: "stream", checkpoint: "sk-admin-secret" },
    "checkpoint",
    "an API key (sk-…) is not a checkpoint: pass the model name ft:… (fine_tuned_model_checkpoint)"
  ],
  ["a limit of 0", list({ limit: 0 }), "limit", "limit is 0: pass a positive whole number, such as 100"],
  ["an order of another list", stream({ order: "asc" }), "order", 'order is "asc": pass "ascending" or "descending"'],
  ["a create without projects", create(), "projectIds", noProjects],
  [
    "a create for a permission",
    create("proj_a", "cp_1"),
    "projectIds[1]",
    "a permission's id (cp_…) is not a project id: pass the project's id, proj_…"
  ],
  [
    "a delete of a project",
    remove("proj_a"),
    "permissionId",
    "a project's id (proj_…) is not a permission id: pass the permission's id, cp_…"
  ],
  [
    "a grant to a model",
    grant("proj_a", checkpoint),
    "projects[1]",
    "a model's name (ft:…) is not a project id: pass the project's id, proj_…"
  ],
  ["a grant to nobody", grant(), "projects", noProjects],
  ["a grant to an empty id", grant("proj_a", ""), "projects[1]", "the project id is empty"],
  ["a grant at no checkpoint", { call: "grant", checkpoint: "", projects: ["proj_a"] }, "checkpoint", "is empty"],
  [
    "a revoke at a project",
    { call: "revoke", checkpoint: "proj_a", projects: ["proj_a"] },
    "checkpoint",
    "a project's id"
  ],
  ["a revoke from two lines", revoke("proj_a", "a\nb"), "projects[1]", "contains a control character"],
  ["a revoke from nobody", revoke(), "projects", noProjects]
]

const options: ReadonlyArray<readonly [what: string, options: ServiceOptions, field: string, reason: string]> = [
  [
    "a key that is empty",
    { adminKey: "" },
    "adminKey",
    "the admin key is empty: pass an OpenAI admin key, usually from OPENAI_ADMIN_KEY"
  ],
  [
    "a key with a line break",
    { adminKey: "sk-admin-a\n" },
    "adminKey",
    "the admin key contains white space or a line break: trim it"
  ],
  [
    "plain http off the loopback",
    { apiUrl: "http://example.com/v1" },
    "apiUrl",
    "the base URL uses http, which sends the key unencrypted: use https, or set allowInsecureHttp"
  ],
  [
    "a user agent with a line break",
    { userAgent: "app/1\r\nx: 1" },
    "userAgent",
    "empty, or with characters that are not allowed in a header: pass one such as my-app/1.0"
  ],
  ["a page size of 0", { pageSize: 0 }, "pageSize", "0 is not a whole number of 1 or more"],
  ["a timeout of 0", { timeout: 0 }, "timeout", 'not a positive duration: pass one such as "30 seconds"'],
  [
    "a rate of no requests",
    { pacing: { requests: 0, per: 1000 } },
    "pacing",
    "requests is 0: pass the number of allowed requests, 1 or more"
  ]
]

const operationOf = {
  list: "list",
  stream: "list",
  create: "create",
  delete: "delete",
  grant: "create",
  revoke: "delete"
}

export const input: ReadonlyArray<Case> = [
  ...calls.map(
    ([what, call, field, reason]): Case => ({
      name: `${what} is refused, and nothing is sent`,
      call,
      fail: { kind: "InvalidInputError", operation: Reflect.get(operationOf, call.call), field, reason },
      sent: []
    })
  ),
  ...options.map(
    ([what, options, field, reason]): Case => ({
      name: `${what} is refused when the service is made`,
      options,
      call: list(),
      fail: { kind: "InvalidInputError", operation: "make", field, reason },
      sent: []
    })
  ),
  {
    name: "a project that is named twice is sent once",
    call: create("proj_a", "proj_b", "proj_a"),
    ok: created(0, "proj_a", "proj_b"),
    sent: ["create proj_a proj_b 200"],
    leaves: ["proj_a", "proj_b"]
  },
  ...["ft:a/b?c#d%e é", "ft:é漢😀", "ft-AF1WoRqd3aJA", "a/../../models", "..%2f", "...", "x;y=1&z+w"].map(
    (odd): Case => ({
      name: `${odd} stays one segment of the path`,
      call: { call: "list", checkpoint: odd },
      ok: listed(),
      sent: ["list 200"]
    })
  ),
  {
    name: "parameters are sent as given, whatever is in them, and none that was not given or that the API does not know",
    call: stream({ project_id: "a&b=c d+é#?/%", limit: 3, order: "ascending", page: 2 }),
    ok: [],
    sent: ["list?project_id=a&b=c d+é#?/%&order=ascending&limit=3 200"]
  }
]
