/** Input that is refused before a request is sent. */
import { checkpoint, create, created, grant, list, listed, remove, stream } from "../builders.ts"
import type { Call, Case, ServiceOptions } from "../case.ts"

const noProjects = "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"

const calls: ReadonlyArray<readonly [what: string, call: Call, field: string, reason: string]> = [
  [
    "a checkpoint that would address another path",
    { call: "list", checkpoint: ".." },
    "checkpoint",
    `the checkpoint id ".." would address another path: pass an id such as ${checkpoint}`
  ],
  [
    "a key in the place of a checkpoint, which is not repeated",
    { call: "stream", checkpoint: "sk-admin-secret" },
    "checkpoint",
    "an API key (sk-…) is not a checkpoint: pass the model name ft:… (fine_tuned_model_checkpoint)"
  ],
  ["an order of another list", stream({ order: "asc" }), "order", 'order is "asc": pass "ascending" or "descending"'],
  ["a create without projects", create(), "projectIds", noProjects],
  [
    "a delete of a project",
    remove("proj_a"),
    "permissionId",
    "a project's id (proj_…) is not a permission id: pass the permission's id, cp_…"
  ],
  ["a grant to no project", grant(), "projects", noProjects],
  [
    "a revoke at a project",
    { call: "revoke", checkpoint: "proj_a", projects: ["proj_a"] },
    "checkpoint",
    "a project's id"
  ]
]

const options: ReadonlyArray<readonly [what: string, options: ServiceOptions, field: string, reason: string]> = [
  [
    "a key with a line break",
    { adminKey: "sk-admin-a\n" },
    "adminKey",
    "the admin key contains white space or a line break: trim it"
  ],
  [
    "a user agent with a line break",
    { userAgent: "app/1\r\nx: 1" },
    "userAgent",
    "empty, or with characters that are not allowed in a header: pass one such as my-app/1.0"
  ],
  ["a page size of 0", { pageSize: 0 }, "pageSize", "0 is not a whole number of 1 or more"]
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
  ...["ft:a/b?c#d%e é", "a/../../models", "..%2f"].map(
    (odd): Case => ({
      name: `${odd} stays one segment of the path`,
      call: { call: "list", checkpoint: odd },
      ok: listed(),
      sent: ["list 200"]
    })
  ),
  {
    name: "parameters are sent unchanged, and neither absent nor unknown ones are sent",
    call: stream({ project_id: "a&b=c d+é#?/%", limit: 3, order: "ascending", page: 2 }),
    ok: [],
    sent: ["list?project_id=a&b=c d+é#?/%&order=ascending&limit=3 200"]
  }
]
