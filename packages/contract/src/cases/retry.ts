/** What is sent again. */
import type { Case } from "../model.ts"
import { checkpoint } from "./names.ts"

export const retry: ReadonlyArray<Case> = [
  {
    name: "a listing is tried again",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 503,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            }
          },
          { fault: { _tag: "DropBefore", code: "ECONNREFUSED" } },
          { fault: { _tag: "DropAfter", code: "ECONNRESET" } }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "stream", checkpoint: checkpoint },
    expected: {
      outcome: { ok: ["proj_001"] },
      requests: [
        "GET list?limit=100 503",
        "GET list?limit=100 dropped",
        "GET list?limit=100 dropped",
        "GET list?limit=100 200"
      ],
      took: [3000, 3000]
    }
  },
  {
    name: "until the policy ends",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 503,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            },
            nth: 1,
            times: 9
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "list", status: 503, attempts: 4, mayHaveExecuted: false } },
      requests: ["GET list 503", "GET list 503", "GET list 503", "GET list 503"],
      took: [3000, 3000]
    }
  },
  {
    name: "Retry-After is a lower bound",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json", "retry-after": "7" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            }
          },
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json", "retry-after-ms": "20" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000001",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_001"
            }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ["GET list 429", "GET list 429", "GET list 200"],
      took: [8000, 8000]
    }
  },
  {
    name: "a delay that would pass the cap is not begun",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json", "retry-after": "61" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "RateLimitError",
          operation: "list",
          status: 429,
          code: "rate_limit_exceeded",
          retryAfter: 61000,
          mayHaveExecuted: false
        }
      },
      requests: ["GET list 429"]
    }
  },
  {
    name: "x-should-retry: false",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 503,
              headers: { "content-type": "application/json", "x-should-retry": "false" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "list", status: 503, mayHaveExecuted: false } },
      requests: ["GET list 503"]
    }
  },
  {
    name: "x-should-retry: true",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 400,
              headers: { "content-type": "application/json", "x-should-retry": "true" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000001",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_001"
            }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ["GET list 400", "GET list 200"],
      took: [1000, 1000]
    }
  },
  {
    name: "a create is repeated after a 429",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            { id: "cp_000000000000000000000001", created_at: 1, object: "checkpoint.permission", project_id: "proj_a" }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ['POST create {"project_ids":["proj_a"]} 429', 'POST create {"project_ids":["proj_a"]} 200'],
      access: { [checkpoint]: ["proj_a"] },
      took: [1000, 1000]
    }
  },
  {
    name: "and where no connection was made",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropBefore", code: "ECONNREFUSED" } }] } },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            { id: "cp_000000000000000000000001", created_at: 1, object: "checkpoint.permission", project_id: "proj_a" }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ['POST create {"project_ids":["proj_a"]} dropped', 'POST create {"project_ids":["proj_a"]} 200'],
      access: { [checkpoint]: ["proj_a"] },
      took: [1000, 1000]
    }
  },
  {
    name: "not after a lost reply",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropAfter", code: "ECONNRESET" } }] } },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ConnectionError", operation: "create", mayHaveExecuted: true, reason: "ECONNRESET" } },
      requests: ['POST create {"project_ids":["proj_a"]} dropped'],
      access: { [checkpoint]: ["proj_a"] }
    }
  },
  {
    name: "not after a reset before the work, which cannot be told from it",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropBefore", code: "ECONNRESET" } }] } },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ConnectionError", operation: "create", mayHaveExecuted: true, reason: "ECONNRESET" } },
      requests: ['POST create {"project_ids":["proj_a"]} dropped'],
      access: {}
    }
  },
  {
    name: "not after a 500",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 500,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: true
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "create", status: 500, mayHaveExecuted: true } },
      requests: ['POST create {"project_ids":["proj_a"]} 500'],
      access: { [checkpoint]: ["proj_a"] }
    }
  },
  {
    name: "not after a 409",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 409,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ConflictError", operation: "create", status: 409, mayHaveExecuted: false } },
      requests: ['POST create {"project_ids":["proj_a"]} 409'],
      access: {}
    }
  },
  {
    name: "not after a 503 that asks for it",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 503,
              headers: { "content-type": "application/json", "x-should-retry": "true" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "create", status: 503, mayHaveExecuted: true } },
      requests: ['POST create {"project_ids":["proj_a"]} 503'],
      access: {}
    }
  },
  {
    name: "a delete whose reply was lost, and that is gone then",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropAfter", code: "ECONNRESET" } }] }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_000000000000000000000001" },
    expected: {
      outcome: { ok: { id: "cp_000000000000000000000001", object: "checkpoint.permission", deleted: true } },
      requests: ["DELETE delete/cp_000000000000000000000001 dropped", "DELETE delete/cp_000000000000000000000001 404"],
      access: { [checkpoint]: [] },
      took: [1000, 1000]
    }
  },
  {
    name: "a delete that nobody has executed, and that is not there",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropBefore", code: "ECONNREFUSED" } }] }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_other" },
    expected: {
      outcome: {
        fail: {
          kind: "NotFoundError",
          operation: "delete",
          status: 404,
          code: "not_found",
          param: "permission_id",
          attempts: 2,
          mayHaveExecuted: false
        }
      },
      requests: ["DELETE delete/cp_other dropped", "DELETE delete/cp_other 404"],
      access: { [checkpoint]: ["proj_001"] },
      took: [1000, 1000]
    }
  },
  {
    name: "a delete that is not there, of whose first reply only the head came in time",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Endless", chunk: 1024, every: 1000 } }] }
    },
    options: { timeout: 5000, retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_other" },
    expected: {
      outcome: {
        fail: {
          kind: "NotFoundError",
          operation: "delete",
          status: 404,
          code: "not_found",
          param: "permission_id",
          attempts: 2,
          mayHaveExecuted: false
        }
      },
      requests: ["DELETE delete/cp_other 404", "DELETE delete/cp_other 404"],
      access: { [checkpoint]: ["proj_001"] },
      took: [6000, 6000]
    }
  },
  {
    name: "a delete that is not there, of whose first reply only the head came",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "TruncatedBody", share: 0.5, then: "drop" } }] }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_other" },
    expected: {
      outcome: {
        fail: {
          kind: "NotFoundError",
          operation: "delete",
          status: 404,
          code: "not_found",
          param: "permission_id",
          attempts: 2,
          mayHaveExecuted: false
        }
      },
      requests: ["DELETE delete/cp_other 404", "DELETE delete/cp_other 404"],
      access: { [checkpoint]: ["proj_001"] },
      took: [1000, 1000]
    }
  },
  {
    name: "a delete of what is not there",
    server: { seed: { [checkpoint]: ["proj_001"] } },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_other" },
    expected: {
      outcome: {
        fail: {
          kind: "NotFoundError",
          operation: "delete",
          status: 404,
          code: "not_found",
          param: "permission_id",
          mayHaveExecuted: false
        }
      },
      requests: ["DELETE delete/cp_other 404"],
      access: { [checkpoint]: ["proj_001"] }
    }
  },
  {
    name: "a delete that worked, answered with deleted: false the second time",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      behavior: { deleteGone: "deleted-false" },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 502,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: true
            }
          }
        ]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "delete", checkpoint: checkpoint, permission: "cp_000000000000000000000001" },
    expected: {
      outcome: { ok: { id: "cp_000000000000000000000001", object: "checkpoint.permission", deleted: true } },
      requests: ["DELETE delete/cp_000000000000000000000001 502", "DELETE delete/cp_000000000000000000000001 200"],
      access: { [checkpoint]: [] },
      took: [1000, 1000]
    }
  },
  {
    name: "an attempt that takes too long",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Latency", before: 60000, after: 0 } }] }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 }, timeout: 5000 },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000001",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_001"
            }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ["GET list abandoned", "GET list 200"],
      took: [6000, 6000]
    }
  },
  {
    name: "the standard policy outlasts a minute of 429s",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            },
            nth: 1,
            times: 6
          }
        ]
      }
    },
    options: { retry: "standard" },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000001",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_001"
            }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: [
        "GET list 429",
        "GET list 429",
        "GET list 429",
        "GET list 429",
        "GET list 429",
        "GET list 429",
        "GET list 200"
      ],
      took: [48000, 83200]
    }
  },
  {
    name: "and gives a failing server five more attempts",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 500,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}',
              worked: false
            },
            nth: 1,
            times: 9
          }
        ]
      }
    },
    options: { retry: "standard" },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "list", status: 500, attempts: 6, mayHaveExecuted: false } },
      requests: ["GET list 500", "GET list 500", "GET list 500", "GET list 500", "GET list 500", "GET list 500"],
      took: [12400, 18600]
    }
  }
]
