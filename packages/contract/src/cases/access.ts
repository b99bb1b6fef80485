/** Grants and revokes, each exactly once. */
import type { Case } from "../model.ts"
import { checkpoint, creates, projects } from "./names.ts"

export const access: ReadonlyArray<Case> = [
  {
    name: "a grant",
    server: { seed: { [checkpoint]: ["proj_001"] } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", "proj_001"] },
    expected: {
      outcome: { ok: { granted: ["proj_a"], unlisted: [], alreadyGranted: ["proj_001"], owning: [] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_001", "proj_a"] }
    }
  },
  {
    name: "a grant to those who have it sends one request",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002"] } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_001", "proj_002"] },
    expected: {
      outcome: { ok: { granted: [], unlisted: [], alreadyGranted: ["proj_001", "proj_002"], owning: [] } },
      requests: ["GET list?order=descending&limit=100 200"],
      access: { [checkpoint]: ["proj_001", "proj_002"] }
    }
  },
  {
    name: "a grant whose reply is lost",
    server: {
      behavior: { regrant: "second" },
      faults: { _tag: "Scripted", entries: [{ operation: "create", fault: { _tag: "DropAfter", code: "ECONNRESET" } }] }
    },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", "proj_b"] },
    expected: {
      outcome: { ok: { granted: ["proj_a", "proj_b"], unlisted: [], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a","proj_b"]} dropped',
        "GET list?order=descending&limit=100 200",
        "GET list?order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a", "proj_b"] }
    }
  },
  {
    name: "a grant that never got there",
    server: {
      behavior: { regrant: "second" },
      faults: {
        _tag: "Scripted",
        entries: [{ operation: "create", fault: { _tag: "DropBefore", code: "ECONNRESET" } }]
      }
    },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: ["proj_a"], unlisted: [], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} dropped',
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] },
      took: [800, 1200]
    }
  },
  {
    name: "a grant that a gateway gave up on, done late",
    server: {
      behavior: { regrant: "second" },
      faults: {
        _tag: "Scripted",
        entries: [{ operation: "create", fault: { _tag: "LateWork", millis: 500, meanwhile: "gateway-timeout" } }]
      }
    },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: ["proj_a"], unlisted: [], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 504',
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000002 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] },
      took: [800, 1200]
    }
  },
  {
    name: "one of several projects is refused, the others are not done",
    server: { behavior: { owners: { [checkpoint]: "proj_owner" } } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", "proj_owner", "proj_b"] },
    expected: {
      outcome: { ok: { granted: ["proj_a", "proj_b"], unlisted: [], alreadyGranted: [], owning: ["proj_owner"] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a","proj_owner","proj_b"]} 400',
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a","proj_b"]} 200',
        "GET list?order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a", "proj_b"] }
    }
  },
  {
    name: "one of several projects is refused, the others are done",
    server: { behavior: { owners: { [checkpoint]: "proj_owner" }, partialCreate: "others" } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", "proj_owner", "proj_b"] },
    expected: {
      outcome: { ok: { granted: ["proj_a", "proj_b"], unlisted: [], alreadyGranted: [], owning: ["proj_owner"] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a","proj_owner","proj_b"]} 400',
        "GET list?order=descending&limit=100 200",
        "GET list?order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a", "proj_b"] }
    }
  },
  {
    name: "one that has it already, where that is a conflict",
    server: { seed: { [checkpoint]: ["proj_b"] }, behavior: { regrant: "conflict", listingLag: 0 } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a", "proj_b"] },
    expected: {
      outcome: { ok: { granted: ["proj_a"], unlisted: [], alreadyGranted: ["proj_b"], owning: [] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_b", "proj_a"] }
    }
  },
  {
    name: "two permissions of one project: the older stays",
    server: {
      seed: {
        [checkpoint]: [
          { project_id: "proj_a", created_at: 1 },
          { project_id: "proj_a", created_at: 2 }
        ]
      }
    },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: [], unlisted: [], alreadyGranted: ["proj_a"], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000002 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] }
    }
  },
  {
    name: "a listing that lags",
    server: { behavior: { listingLag: 5000 } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: ["proj_a"], unlisted: [], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] },
      took: [7000, 7000]
    }
  },
  {
    name: "a listing that lags for longer than anybody waits",
    server: { behavior: { listingLag: 60000 } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: [], unlisted: ["proj_a"], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 200',
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] },
      took: [30000, 30000]
    }
  },
  {
    name: "250 projects are three creates",
    call: { call: "grant", checkpoint: checkpoint, projects: projects(250) },
    expected: {
      outcome: { ok: { granted: projects(250), unlisted: [], alreadyGranted: [], owning: [] } },
      requests: [
        "GET list?order=descending&limit=100 200",
        creates(0, 100),
        creates(100, 200),
        'POST create {"project_ids":["proj_201","proj_202","proj_203","proj_204","proj_205","proj_206","proj_207","proj_208","proj_209","proj_210","proj_211","proj_212","proj_213","proj_214","proj_215","proj_216","proj_217","proj_218","proj_219","proj_220","proj_221","proj_222","proj_223","proj_224","proj_225","proj_226","proj_227","proj_228","proj_229","proj_230","proj_231","proj_232","proj_233","proj_234","proj_235","proj_236","proj_237","proj_238","proj_239","proj_240","proj_241","proj_242","proj_243","proj_244","proj_245","proj_246","proj_247","proj_248","proj_249","proj_250"]} 200',
        "GET list?order=descending&limit=100 200",
        "GET list?order=descending&after=cp_000000000000000000000151&limit=100 200",
        "GET list?order=descending&after=cp_000000000000000000000051&limit=100 200"
      ],
      access: { [checkpoint]: projects(250) }
    }
  },
  {
    name: "a key without the scope",
    server: { behavior: { keys: [{ key: "sk-admin-test", scopes: ["api.fine_tuning.checkpoints.read"] }] } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: {
        fail: {
          kind: "MissingScopeError",
          operation: "create",
          status: 401,
          code: "missing_scope",
          mayHaveExecuted: false,
          scopes: ["api.fine_tuning.checkpoints.write"]
        }
      },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        'POST create {"project_ids":["proj_a"]} 401'
      ],
      access: {}
    }
  },
  {
    name: "a revoke",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] } },
    call: { call: "revoke", checkpoint: checkpoint, projects: ["proj_001", "proj_009"] },
    expected: {
      outcome: { ok: { revoked: ["proj_001"], absent: ["proj_009"], owning: [] } },
      requests: ["GET list?order=descending&limit=100 200", "DELETE delete/cp_000000000000000000000001 200"],
      access: { [checkpoint]: ["proj_002", "proj_003"] }
    }
  },
  {
    name: "a revoke of two permissions of one project",
    server: {
      seed: {
        [checkpoint]: [
          { project_id: "proj_a", created_at: 1 },
          { project_id: "proj_a", created_at: 2 }
        ]
      }
    },
    call: { call: "revoke", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { revoked: ["proj_a"], absent: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000001 200",
        "DELETE delete/cp_000000000000000000000002 200"
      ],
      access: { [checkpoint]: [] }
    }
  },
  {
    name: "a revoke whose reply is lost",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ operation: "delete", fault: { _tag: "DropAfter", code: "ECONNRESET" } }] }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "revoke", checkpoint: checkpoint, projects: ["proj_001"] },
    expected: {
      outcome: { ok: { revoked: ["proj_001"], absent: [], owning: [] } },
      requests: [
        "GET list?project_id=proj_001&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000001 dropped",
        "DELETE delete/cp_000000000000000000000001 404"
      ],
      access: { [checkpoint]: [] },
      took: [1000, 1000]
    }
  },
  {
    name: "a revoke that a proxy answers with the API's own 404",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            operation: "delete",
            fault: {
              _tag: "Reply",
              status: 404,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "revoke", checkpoint: checkpoint, projects: ["proj_001"] },
    expected: {
      outcome: { fail: { kind: "NotFoundError", operation: "delete", status: 404, mayHaveExecuted: false } },
      requests: [
        "GET list?project_id=proj_001&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000001 404",
        "GET list?project_id=proj_001&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_001"] }
    }
  },
  {
    name: "a duplicate whose delete does not get its turn within a minute is read again, and deleted at once",
    server: { seed: { [checkpoint]: ["proj_a", "proj_a", "proj_a"] } },
    options: { pacing: { requests: 1, per: 300_000 } },
    call: { call: "grant", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { ok: { granted: [], unlisted: [], alreadyGranted: ["proj_a"], owning: [] } },
      requests: [
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000002 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200",
        "DELETE delete/cp_000000000000000000000003 200",
        "GET list?project_id=proj_a&order=descending&limit=100 200"
      ],
      access: { [checkpoint]: ["proj_a"] },
      took: [600_000, 600_000]
    }
  }
]
