/** Listings, which end only where the server says so. */
import type { Plan } from "@checkpoint-permissions/fake/faults"
import type { Case } from "../model.ts"
import { checkpoint, newest, projects } from "./names.ts"

/** Refused so many times, whatever the page size. */
const refusing = (times: number, error: { readonly message: string; readonly param: string | null }): Plan => ({
  _tag: "Scripted",
  entries: [
    {
      operation: "list",
      fault: {
        _tag: "Reply",
        status: 400,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ error: { ...error, type: "invalid_request_error", code: null } }),
        worked: false
      },
      times
    }
  ]
})

const pagesOf100 = [
  "GET list?limit=100 200",
  "GET list?after=cp_000000000000000000000201&limit=100 200",
  "GET list?after=cp_000000000000000000000101&limit=100 200"
]

export const paging: ReadonlyArray<Case> = [
  {
    name: "a listing of two pages and a half",
    server: { seed: { [checkpoint]: projects(25) } },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 10 } },
    expected: {
      outcome: { ok: newest(25, 25) },
      requests: [
        "GET list?limit=10 200",
        "GET list?after=cp_000000000000000000000016&limit=10 200",
        "GET list?after=cp_000000000000000000000006&limit=10 200"
      ]
    }
  },
  {
    name: "Stream.take(5) costs one request",
    server: { seed: { [checkpoint]: projects(300) } },
    call: { call: "stream", checkpoint: checkpoint, take: 5 },
    expected: {
      outcome: { ok: ["proj_300", "proj_299", "proj_298", "proj_297", "proj_296"] },
      requests: ["GET list?limit=100 200"]
    }
  },
  {
    name: "the whole first page costs one request",
    server: { seed: { [checkpoint]: projects(300) } },
    call: { call: "stream", checkpoint: checkpoint, take: 100 },
    expected: { outcome: { ok: newest(300, 100) }, requests: ["GET list?limit=100 200"] }
  },
  {
    name: "one permission more costs one page ahead",
    server: { seed: { [checkpoint]: projects(300) } },
    call: { call: "stream", checkpoint: checkpoint, take: 101 },
    expected: {
      outcome: { ok: newest(300, 101) },
      requests: [
        "GET list?limit=100 200",
        "GET list?after=cp_000000000000000000000201&limit=100 200",
        "GET list?after=cp_000000000000000000000101&limit=100 200"
      ]
    }
  },
  {
    name: "without prefetch it costs none",
    server: { seed: { [checkpoint]: projects(300) } },
    options: { prefetch: false },
    call: { call: "stream", checkpoint: checkpoint, take: 101 },
    expected: {
      outcome: { ok: newest(300, 101) },
      requests: ["GET list?limit=100 200", "GET list?after=cp_000000000000000000000201&limit=100 200"]
    }
  },
  {
    name: "a checkpoint without permissions",
    call: { call: "stream", checkpoint: checkpoint },
    expected: { outcome: { ok: [] }, requests: ["GET list?limit=100 200"] }
  },
  {
    name: "a project",
    server: { seed: { [checkpoint]: ["proj_a", "proj_b", "proj_a"] }, behavior: { regrant: "second" } },
    call: { call: "stream", checkpoint: checkpoint, params: { project_id: "proj_a" } },
    expected: { outcome: { ok: ["proj_a", "proj_a"] }, requests: ["GET list?project_id=proj_a&limit=100 200"] }
  },
  {
    name: "oldest first",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] } },
    call: { call: "stream", checkpoint: checkpoint, params: { order: "ascending" } },
    expected: {
      outcome: { ok: ["proj_001", "proj_002", "proj_003"] },
      requests: ["GET list?order=ascending&limit=100 200"]
    }
  },
  {
    name: "short pages",
    server: { seed: { [checkpoint]: projects(9) }, behavior: { shortPages: { seed: 3 } } },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 4 } },
    expected: {
      outcome: { ok: newest(9, 9) },
      requests: [
        "GET list?limit=4 200",
        "GET list?after=cp_000000000000000000000008&limit=4 200",
        "GET list?after=cp_000000000000000000000006&limit=4 200",
        "GET list?after=cp_000000000000000000000002&limit=4 200"
      ]
    }
  },
  {
    name: "pages that are empty in the middle",
    server: {
      seed: { [checkpoint]: ["proj_a", "proj_b", "proj_b", "proj_b", "proj_b", "proj_a"] },
      behavior: { shortPages: "filter-after-limit" }
    },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 2, project_id: "proj_a" } },
    expected: {
      outcome: { ok: ["proj_a", "proj_a"] },
      requests: [
        "GET list?project_id=proj_a&limit=2 200",
        "GET list?project_id=proj_a&after=cp_000000000000000000000005&limit=2 200",
        "GET list?project_id=proj_a&after=cp_000000000000000000000003&limit=2 200"
      ]
    }
  },
  {
    name: "has_more is missing",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003", "proj_004", "proj_005"] },
      faults: {
        _tag: "Scripted",
        entries: [{ operation: "list", fault: { _tag: "Page", defect: "missing-has-more" } }]
      }
    },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 2 } },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason: "has_more: is missing"
        }
      },
      requests: ["GET list?limit=2 200"]
    }
  },
  {
    name: "last_id is missing: the last item's id",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003", "proj_004", "proj_005"] },
      faults: { _tag: "Scripted", entries: [{ operation: "list", fault: { _tag: "Page", defect: "missing-last-id" } }] }
    },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 2 } },
    expected: {
      outcome: { ok: ["proj_005", "proj_004", "proj_003", "proj_002", "proj_001"] },
      requests: [
        "GET list?limit=2 200",
        "GET list?after=cp_000000000000000000000004&limit=2 200",
        "GET list?after=cp_000000000000000000000002&limit=2 200"
      ]
    }
  },
  {
    name: "the cursor comes again",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003", "proj_004", "proj_005", "proj_006"] },
      faults: {
        _tag: "Scripted",
        entries: [{ operation: "list", fault: { _tag: "Page", defect: "repeated-cursor" }, nth: 2, times: 9 }]
      }
    },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 2 } },
    expected: {
      outcome: {
        fail: {
          kind: "IncompleteListingError",
          operation: "list",
          resumeAfter: "cp_000000000000000000000001",
          mayHaveExecuted: false,
          reason: "the server gives the cursor cp_000000000000000000000003 a second time, which would never end",
          received: 6
        }
      },
      requests: [
        "GET list?limit=2 200",
        "GET list?after=cp_000000000000000000000005&limit=2 200",
        "GET list?after=cp_000000000000000000000003&limit=2 200"
      ]
    }
  },
  {
    name: "a failure on the way says where to resume",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003", "proj_004", "proj_005", "proj_006"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            operation: "list",
            fault: {
              _tag: "Reply",
              status: 500,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            },
            nth: 3,
            times: 9
          }
        ]
      }
    },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 2 } },
    expected: {
      outcome: {
        fail: {
          kind: "ServerError",
          operation: "list",
          status: 500,
          resumeAfter: "cp_000000000000000000000003",
          mayHaveExecuted: false
        }
      },
      requests: [
        "GET list?limit=2 200",
        "GET list?after=cp_000000000000000000000005&limit=2 200",
        "GET list?after=cp_000000000000000000000003&limit=2 500"
      ]
    }
  },
  {
    name: "resumed after a permission",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003", "proj_004", "proj_005", "proj_006"] } },
    call: { call: "stream", checkpoint: checkpoint, params: { limit: 10, after: "cp_000000000000000000000004" } },
    expected: {
      outcome: { ok: ["proj_003", "proj_002", "proj_001"] },
      requests: ["GET list?after=cp_000000000000000000000004&limit=10 200", "GET list?limit=10 200"]
    }
  },
  {
    name: "resumed after one that is gone, where the server starts over",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] }, behavior: { unknownAfter: "restart" } },
    call: { call: "stream", checkpoint: checkpoint, params: { after: "cp_gone" } },
    expected: {
      outcome: {
        fail: {
          kind: "IncompleteListingError",
          operation: "list",
          resumeAfter: "cp_gone",
          mayHaveExecuted: false,
          reason: "the server starts over where it was asked to go on after cp_gone: it may be gone",
          received: 0
        }
      },
      requests: ["GET list?after=cp_gone&limit=100 200", "GET list?limit=100 200"]
    }
  },
  {
    name: "resumed after one that is gone, where it answers an empty page",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] }, behavior: { unknownAfter: "empty-page" } },
    call: { call: "stream", checkpoint: checkpoint, params: { after: "cp_gone" } },
    expected: {
      outcome: {
        fail: {
          kind: "IncompleteListingError",
          operation: "list",
          resumeAfter: "cp_gone",
          mayHaveExecuted: false,
          reason: "nothing comes after cp_gone, yet it is not the last permission: it may be gone",
          received: 0
        }
      },
      requests: ["GET list?after=cp_gone&limit=100 200", "GET list?order=ascending&limit=100 200"]
    }
  },
  {
    name: "a page size that is refused",
    server: { seed: { [checkpoint]: projects(12) }, behavior: { maxLimit: 10, overLimit: "bad-request" } },
    call: { call: "stream", checkpoint: checkpoint },
    expected: {
      outcome: { ok: newest(12, 12) },
      requests: [
        "GET list?limit=100 400",
        "GET list?limit=50 400",
        "GET list?limit=20 400",
        "GET list?limit=10 200",
        "GET list?after=cp_000000000000000000000003&limit=10 200"
      ]
    }
  },
  {
    name: "a page size that is refused is not asked for again",
    server: { seed: { [checkpoint]: projects(60) }, behavior: { maxLimit: 50, overLimit: "bad-request" } },
    call: { call: "streams", checkpoint: checkpoint, count: 2 },
    expected: {
      outcome: { ok: [60, 60] },
      requests: [
        "GET list?limit=100 400",
        "GET list?limit=50 200",
        "GET list?after=cp_000000000000000000000011&limit=50 200",
        "GET list?limit=50 200",
        "GET list?after=cp_000000000000000000000011&limit=50 200"
      ]
    }
  },
  {
    name: "a limit on spending is no page size",
    server: {
      seed: { [checkpoint]: projects(300) },
      faults: refusing(4, { message: "You have reached your spending limit", param: null })
    },
    call: { call: "streams", checkpoint: checkpoint, count: 5 },
    expected: {
      outcome: { ok: ["BadRequestError", "BadRequestError", "BadRequestError", "BadRequestError", 300] },
      requests: [...Array.from({ length: 4 }, () => "GET list?limit=100 400"), ...pagesOf100]
    }
  },
  {
    name: "a page size is forgotten if no page of a smaller one came",
    server: {
      seed: { [checkpoint]: projects(300) },
      faults: refusing(4, { message: "Invalid 'limit'", param: "limit" })
    },
    call: { call: "streams", checkpoint: checkpoint, count: 2 },
    expected: {
      outcome: { ok: ["BadRequestError", 300] },
      requests: [
        "GET list?limit=100 400",
        "GET list?limit=50 400",
        "GET list?limit=20 400",
        "GET list?limit=10 400",
        ...pagesOf100
      ]
    }
  }
]
