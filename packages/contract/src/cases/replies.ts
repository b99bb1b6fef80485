/** What a reply means. */
import type { Case } from "../model.ts"
import { checkpoint } from "./names.ts"

export const replies: ReadonlyArray<Case> = [
  {
    name: "200",
    server: { seed: { [checkpoint]: ["proj_001", "proj_002"] } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        ok: {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000002",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_002"
            },
            {
              id: "cp_000000000000000000000001",
              created_at: 0,
              object: "checkpoint.permission",
              project_id: "proj_001"
            }
          ],
          first_id: "cp_000000000000000000000002",
          last_id: "cp_000000000000000000000001",
          has_more: false
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "400",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            operation: "list",
            fault: {
              _tag: "Reply",
              status: 400,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"no","type":"invalid_request_error","param":"limit","code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: { kind: "BadRequestError", operation: "list", status: 400, param: "limit", mayHaveExecuted: false }
      },
      requests: ["GET list 400"]
    }
  },
  {
    name: "422 is BadRequestError too",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 422,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"The server had an error while processing your request.","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "BadRequestError", operation: "list", status: 422, mayHaveExecuted: false } },
      requests: ["GET list 422"]
    }
  },
  {
    name: "401 is AuthenticationError",
    server: { behavior: { keys: [{ key: "sk-admin-other", scopes: [] }] } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "AuthenticationError",
          operation: "list",
          status: 401,
          code: "invalid_api_key",
          mayHaveExecuted: false
        }
      },
      requests: ["GET list 401"]
    }
  },
  {
    name: "401 that names scopes",
    server: { behavior: { keys: [{ key: "sk-admin-test", scopes: ["api.fine_tuning.checkpoints.read"] }] } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
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
      requests: ['POST create {"project_ids":["proj_a"]} 401'],
      access: {}
    }
  },
  {
    name: "403",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 403,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"not you","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "PermissionDeniedError", operation: "list", status: 403, mayHaveExecuted: false } },
      requests: ["GET list 403"]
    }
  },
  {
    name: "404 with the envelope",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 404,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"no such model","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "NotFoundError", operation: "list", status: 404, mayHaveExecuted: false } },
      requests: ["GET list 404"]
    }
  },
  {
    name: "404 without the envelope",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Html", status: 404, worked: false } }] } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 404,
          mayHaveExecuted: false,
          reason: "https://api.openai.com/v1 has no such route, so the base URL is wrong"
        }
      },
      requests: ["GET list 404"]
    }
  },
  {
    name: "404 of another route",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 404,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"Invalid URL (GET /v1/x)","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 404,
          mayHaveExecuted: false,
          reason: "https://api.openai.com/v1 has no such route, so the base URL is wrong (Invalid URL (GET /v1/x))"
        }
      },
      requests: ["GET list 404"]
    }
  },
  {
    name: "409 to a list, which meets no conflict and is not sent again",
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
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "BadRequestError", operation: "list", status: 409, mayHaveExecuted: false } },
      requests: ["GET list 409"]
    }
  },
  {
    name: "429",
    server: {
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
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "RateLimitError",
          operation: "list",
          status: 429,
          code: "rate_limit_exceeded",
          retryAfter: 7000,
          mayHaveExecuted: false
        }
      },
      requests: ["GET list 429"]
    }
  },
  {
    name: "429 of a quota is never retried",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
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
          kind: "QuotaExhaustedError",
          operation: "list",
          status: 429,
          code: "insufficient_quota",
          mayHaveExecuted: false
        }
      },
      requests: ["GET list 429"]
    }
  },
  {
    name: "500",
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
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "list", status: 500, mayHaveExecuted: false } },
      requests: ["GET list 500"]
    }
  },
  {
    name: "502 with HTML",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Html", status: 502, worked: false } }] } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "create", status: 502, mayHaveExecuted: true } },
      requests: ['POST create {"project_ids":["proj_a"]} 502'],
      access: {}
    }
  },
  {
    name: "a redirect is never followed",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [{ fault: { _tag: "Redirect", status: 307, location: "https://elsewhere.example/v1" } }]
      }
    },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 307,
          mayHaveExecuted: false,
          reason:
            "https://api.openai.com/v1 answers with status 307 to https://elsewhere.example/v1; redirects are never followed"
        }
      },
      requests: ["GET list 307"]
    }
  },
  {
    name: "HTML with status 200",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Html", status: 200, worked: false } }] } },
    options: { retry: { times: 3, every: 1000, cap: 60000 } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason:
            "https://api.openai.com/v1 answers with a body that is not JSON (text/html): <!DOCTYPE html>\n<html><head><title>Sign in</title></head><bo"
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "an empty body",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [{ fault: { _tag: "Reply", status: 200, headers: {}, body: "", worked: false } }]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason: "https://api.openai.com/v1 answers with an empty body"
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "no connection",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropBefore", code: "ECONNREFUSED" } }] } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: {
        fail: { kind: "ConnectionError", operation: "create", mayHaveExecuted: false, reason: "ECONNREFUSED" }
      },
      requests: ['POST create {"project_ids":["proj_a"]} dropped'],
      access: {}
    }
  },
  {
    name: "a lost reply",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropAfter", code: "ECONNRESET" } }] } },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "ConnectionError", operation: "create", mayHaveExecuted: true, reason: "ECONNRESET" } },
      requests: ['POST create {"project_ids":["proj_a"]} dropped'],
      access: { [checkpoint]: ["proj_a"] }
    }
  },
  {
    name: "a body that breaks off",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "TruncatedBody", share: 0.5, then: "drop" } }] }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "ConnectionError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason: "UND_ERR_SOCKET"
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "half a body that looks whole",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "TruncatedBody", share: 0.5, then: "end" } }] }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason:
            'https://api.openai.com/v1 answers with a body that is not JSON (application/json): {"object":"list","data":[{"id":"cp_000000000000000000000003"'
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "a body that is said to be compressed",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "FalseGzip" } }] } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason: "the body cannot be decompressed (Z_DATA_ERROR)"
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "a huge error",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Huge", bytes: 30000000, status: 502 } }] } },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "ServerError", operation: "list", status: 502, mayHaveExecuted: false } },
      requests: ["GET list 502"]
    }
  },
  {
    name: "a body that never ends",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002", "proj_003"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Endless", chunk: 1024, every: 1000 } }] }
    },
    options: { timeout: 5000 },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: { fail: { kind: "RequestTimeoutError", operation: "list", mayHaveExecuted: false, timeout: 5000 } },
      requests: ["GET list 200"],
      took: [5000, 5000]
    }
  },
  {
    name: "a reply after the timeout",
    server: { faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Latency", before: 0, after: 60000 } }] } },
    options: { timeout: 5000 },
    call: { call: "create", checkpoint: checkpoint, projects: ["proj_a"] },
    expected: {
      outcome: { fail: { kind: "RequestTimeoutError", operation: "create", mayHaveExecuted: true, timeout: 5000 } },
      requests: ['POST create {"project_ids":["proj_a"]} abandoned'],
      access: { [checkpoint]: ["proj_a"] },
      took: [5000, 5000]
    }
  },
  {
    name: "an item without an id",
    server: {
      seed: { [checkpoint]: ["proj_001", "proj_002"] },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "Page", defect: "item-without-id" } }] }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "InvalidResponseError",
          operation: "list",
          status: 200,
          mayHaveExecuted: false,
          reason: "data[1].id: is missing"
        }
      },
      requests: ["GET list 200"]
    }
  },
  {
    name: "the key in what a server says",
    server: {
      faults: {
        _tag: "Scripted",
        entries: [
          {
            fault: {
              _tag: "Reply",
              status: 400,
              headers: { "content-type": "application/json" },
              body: '{"error":{"message":"no such key: sk-admin-test","type":"invalid_request_error","param":null,"code":null}}',
              worked: false
            }
          }
        ]
      }
    },
    call: { call: "list", checkpoint: checkpoint },
    expected: {
      outcome: {
        fail: {
          kind: "BadRequestError",
          operation: "list",
          status: 400,
          mayHaveExecuted: false,
          detail: "no such key: <redacted>"
        }
      },
      requests: ["GET list 400"]
    }
  }
]
