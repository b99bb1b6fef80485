/** What is refused before a request exists. */
import type { Case } from "../model.ts"
import { checkpoint } from "./names.ts"

export const input: ReadonlyArray<Case> = [
  {
    name: "a checkpoint that would address another path",
    call: { call: "list", checkpoint: ".." },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "checkpoint",
          reason:
            'the checkpoint id ".." would address another path: pass an id such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd'
        }
      },
      requests: []
    }
  },
  {
    name: "a job checkpoint's own id",
    call: { call: "list", checkpoint: "ftckpt_zc4Q7MP6" },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "checkpoint",
          reason:
            "a job checkpoint's own id (ftckpt_…) has no permissions: pass the model name ft:… (fine_tuned_model_checkpoint)"
        }
      },
      requests: []
    }
  },
  {
    name: "a key in the place of a checkpoint is not repeated",
    call: { call: "stream", checkpoint: "sk-admin-secret" },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "checkpoint",
          reason: "an API key (sk-…) is not a checkpoint: pass the model name ft:… (fine_tuned_model_checkpoint)"
        }
      },
      requests: []
    }
  },
  {
    name: "a limit of 0",
    call: { call: "list", checkpoint: checkpoint, params: { limit: 0 } },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "limit",
          reason: "limit is 0: pass a positive whole number, such as 100"
        }
      },
      requests: []
    }
  },
  {
    name: "a misspelt filter",
    call: { call: "list", checkpoint: checkpoint, params: { projectId: "proj_a" } },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "projectId",
          reason: "unknown name: did you mean project_id? known are project_id, after, limit, order"
        }
      },
      requests: []
    }
  },
  {
    name: "an order of another list",
    call: { call: "stream", checkpoint: checkpoint, params: { order: "asc" } },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "list",
          mayHaveExecuted: false,
          field: "order",
          reason: 'order is "asc": pass "ascending" or "descending"'
        }
      },
      requests: []
    }
  },
  {
    name: "a create without projects",
    call: { call: "create", checkpoint: checkpoint, projects: [] },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "create",
          mayHaveExecuted: false,
          field: "projectIds",
          reason: "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"
        }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a create for a permission",
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a", "cp_1"] },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "create",
          mayHaveExecuted: false,
          field: "projectIds[1]",
          reason: "a permission's id (cp_…) is not a project id: pass the project's id, proj_…"
        }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a delete of a project",
    call: { call: "delete", checkpoint: checkpoint, permission: "proj_a" },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "delete",
          mayHaveExecuted: false,
          field: "permissionId",
          reason: "a project's id (proj_…) is not a permission id: pass the permission's id, cp_…"
        }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a grant to a model",
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", checkpoint] },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "create",
          mayHaveExecuted: false,
          field: "projects[1]",
          reason: "a model's name (ft:…) is not a project id: pass the project's id, proj_…"
        }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a revoke at a project",
    call: { call: "revoke", checkpoint: "proj_a", projects: ["proj_a"] },
    expected: {
      outcome: {
        fail: { kind: "InvalidInputError", operation: "delete", mayHaveExecuted: false, field: "checkpoint" }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a revoke from nobody",
    call: { call: "revoke", checkpoint: checkpoint, projects: [] },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "delete",
          mayHaveExecuted: false,
          field: "projects",
          reason: "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF"
        }
      },
      requests: [],
      access: {}
    }
  },
  {
    name: "a key that is empty",
    options: { adminKey: "" },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "adminKey",
          reason: "the admin key is empty: pass an OpenAI admin key, usually from OPENAI_ADMIN_KEY"
        }
      },
      requests: []
    }
  },
  {
    name: "a key with a line break",
    options: { adminKey: "sk-admin-a\n" },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "adminKey",
          reason: "the admin key holds white space or a line break: trim it where it is read"
        }
      },
      requests: []
    }
  },
  {
    name: "plain http off the loopback",
    options: { apiUrl: "http://example.com/v1" },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "apiUrl",
          reason:
            "the base URL is plain http, which would send the key in the clear: use https, or set allowInsecureHttp"
        }
      },
      requests: []
    }
  },
  {
    name: "a page size of 0",
    options: { pageSize: 0 },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "pageSize",
          reason: "0 is not a whole number of 1 or more"
        }
      },
      requests: []
    }
  },
  {
    name: "a timeout of 0",
    options: { timeout: 0 },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "timeout",
          reason: 'not a duration above zero: pass one such as "30 seconds"'
        }
      },
      requests: []
    }
  },
  {
    name: "a rate of no requests",
    options: { pacing: { requests: 0, per: 1000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidInputError",
          operation: "make",
          mayHaveExecuted: false,
          field: "pacing",
          reason: "requests is 0: pass how many requests are allowed, 1 or more"
        }
      },
      requests: []
    }
  },
  {
    name: "a project that is named twice is sent once",
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a", "proj_b", "proj_a"] },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            { id: "cp_000000000000000000000001", created_at: 0, object: "checkpoint.permission", project_id: "proj_a" },
            { id: "cp_000000000000000000000002", created_at: 0, object: "checkpoint.permission", project_id: "proj_b" }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000002",
          has_more: false
        }
      },
      requests: ['POST create {"project_ids":["proj_a","proj_b"]} 200'],
      access: { [checkpoint]: ["proj_a", "proj_b"] }
    }
  },
  {
    name: "ids are percent-encoded",
    call: { call: "list", checkpoint: "ft:a/b?c#d%e é" },
    expected: {
      outcome: { ok: { object: "list", data: [], first_id: null, last_id: null, has_more: false } },
      requests: ["GET list 200"]
    }
  }
]
