import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers, Permission } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Redacted } from "effect"
import {
  checkpoint,
  collect,
  key,
  onFake,
  permission,
  permissions,
  project,
  projects,
  seeded,
  server
} from "./support/setup.ts"
import { item, pageOf, wire } from "./support/wire.ts"

const path = "/v1/fine_tuning/checkpoints/ft%3Agpt-4o-mini-2024-07-18%3Aorg%3Aweather%3AB7R9VjQd/permissions"

describe("list", () => {
  it.effect("asks for one page, and sends no parameter that was not given", () =>
    Effect.gen(function* () {
      const page = yield* (yield* permissions).list(checkpoint)
      const [request, ...others] = yield* (yield* server).requests
      assert.strictEqual(page.data.length, 10)
      assert.isTrue(page.has_more)
      assert.deepStrictEqual(others, [])
      assert.isDefined(request)
      assert.strictEqual(request.method, "GET")
      assert.strictEqual(request.url, `https://api.openai.com${path}`)
      assert.deepStrictEqual(request.query, {})
      assert.strictEqual(request.body, "")
    }).pipe(Effect.provide(onFake({ fake: seeded(12) })))
  )

  it.effect("sends each of project_id, after, limit and order as given", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* service.list(checkpoint, { project_id: project(1) })
      yield* service.list(checkpoint, { after: permission("cp_000000000000000000000002") })
      yield* service.list(checkpoint, { limit: 3 })
      yield* service.list(checkpoint, { order: "ascending" })
      yield* service.list(checkpoint, { order: "descending" })
      yield* service.list(checkpoint, {
        project_id: project(0),
        after: permission("cp_000000000000000000000003"),
        limit: 100,
        order: "descending"
      })
      assert.deepStrictEqual(
        (yield* (yield* server).requests).map((request) => request.query),
        [
          { project_id: "proj_1" },
          { after: "cp_000000000000000000000002" },
          { limit: "3" },
          { order: "ascending" },
          { order: "descending" },
          { project_id: "proj_0", after: "cp_000000000000000000000003", limit: "100", order: "descending" }
        ]
      )
    }).pipe(Effect.provide(onFake({ fake: seeded(5) })))
  )

  it.effect("leaves out parameters that are undefined", () =>
    Effect.gen(function* () {
      yield* (yield* permissions).list(checkpoint, {
        project_id: undefined,
        after: undefined,
        limit: undefined,
        order: undefined
      })
      assert.deepStrictEqual((yield* (yield* server).requests)[0]?.query, {})
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("encodes parameters", () =>
    Effect.gen(function* () {
      const odd = "a&b=c d+é#?/%"
      yield* (yield* permissions)
        .list(checkpoint, {
          project_id: Identifiers.ProjectId.make(odd),
          after: Identifiers.PermissionId.make(odd)
        })
        .pipe(Effect.ignore)
      assert.deepStrictEqual((yield* (yield* server).requests)[0]?.query, { project_id: odd, after: odd })
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("narrows by project, resumes after a permission, limits and orders", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const idsOf = (page: Permission.PermissionPage) => page.data.map(({ project_id }) => project_id)
      assert.deepStrictEqual(idsOf(yield* service.list(checkpoint, { project_id: project(2) })), ["proj_2"])
      assert.deepStrictEqual(idsOf(yield* service.list(checkpoint, { limit: 2 })), ["proj_4", "proj_3"])
      const oldest = yield* service.list(checkpoint, { limit: 2, order: "ascending" })
      assert.deepStrictEqual(idsOf(oldest), ["proj_0", "proj_1"])
      const cursor = oldest.data[1]?.id
      assert.isDefined(cursor)
      assert.deepStrictEqual(idsOf(yield* service.list(checkpoint, { limit: 2, order: "ascending", after: cursor })), [
        "proj_2",
        "proj_3"
      ])
    }).pipe(Effect.provide(onFake({ fake: seeded(5) })))
  )

  it.effect(
    "gives object, data, has_more, first_id and last_id, and of each permission id, object, created_at and project_id",
    () =>
      Effect.gen(function* () {
        const page = yield* (yield* permissions).list(checkpoint)
        assert.deepStrictEqual(page, {
          object: "list",
          data: [
            {
              id: permission("cp_2"),
              object: "checkpoint.permission",
              created_at: 1721764868,
              project_id: project("b")
            },
            {
              id: permission("cp_1"),
              object: "checkpoint.permission",
              created_at: 1721764867,
              project_id: project("a")
            }
          ],
          has_more: false,
          first_id: "cp_2",
          last_id: "cp_1"
        })
        const [first] = page.data
        assert.isDefined(first)
        assert.strictEqual(DateTime.formatIso(Permission.createdAt(first)), "2024-07-23T20:01:08.000Z")
      }).pipe(
        Effect.provide(
          onFake({
            fake: {
              seed: {
                [checkpoint]: [
                  { id: "cp_1", created_at: 1721764867, project_id: "proj_a" },
                  { id: "cp_2", created_at: 1721764868, project_id: "proj_b" }
                ]
              }
            }
          })
        )
      )
  )

  it.effect("takes a page without first_id and last_id, or with null ones, and keeps fields it does not know", () => {
    const bodies = [
      { object: "list", data: [{ ...item("cp_1"), granted_by: "user_1" }], has_more: false, total: 1 },
      { object: "list", data: [], has_more: false, first_id: null, last_id: null }
    ]
    const { layer } = wire(({ n }) => ({ body: bodies[n] }))
    return Effect.gen(function* () {
      const service = yield* permissions
      assert.deepEqual({ ...(yield* service.list(checkpoint)) }, { ...bodies[0] } as never)
      assert.deepEqual({ ...(yield* service.list(checkpoint)) }, { ...bodies[1] } as never)
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none }).pipe(Layer.provide(layer))
      )
    )
  })

  it.effect("is retrieve by another name", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const params = { project_id: project(1), limit: 2, order: "ascending" } as const
      assert.deepStrictEqual(yield* service.retrieve(checkpoint, params), yield* service.list(checkpoint, params))
      const [first, second] = yield* (yield* server).requests
      assert.deepStrictEqual([first?.method, first?.path, first?.query], [second?.method, second?.path, second?.query])
      assert.deepStrictEqual(first?.query, { project_id: "proj_1", limit: "2", order: "ascending" })
    }).pipe(Effect.provide(onFake({ fake: seeded(3) })))
  )
})

describe("create", () => {
  it.effect("posts project_ids and nothing else, and gives the permissions made", () =>
    Effect.gen(function* () {
      const page = yield* (yield* permissions).create(checkpoint, [project("a"), project("b")])
      const [request, ...others] = yield* (yield* server).requests
      assert.deepStrictEqual(others, [])
      assert.isDefined(request)
      assert.strictEqual(request.method, "POST")
      assert.strictEqual(request.path, path)
      assert.deepStrictEqual(request.query, {})
      assert.strictEqual(request.headers["content-type"], "application/json")
      assert.deepStrictEqual(JSON.parse(request.body), { project_ids: ["proj_a", "proj_b"] })
      assert.strictEqual(page.object, "list")
      assert.isFalse(page.has_more)
      assert.deepStrictEqual(page.data, yield* (yield* server).permissions(checkpoint))
      assert.deepStrictEqual(
        page.data.map(({ project_id }) => project_id),
        ["proj_a", "proj_b"]
      )
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("takes what it answers for one page, whatever it says of more", () => {
    const { layer, requests } = wire(() => ({ body: pageOf(["cp_1"], { has_more: true }) }))
    return Effect.gen(function* () {
      assert.isTrue((yield* (yield* permissions).create(checkpoint, [project("a")])).has_more)
      assert.strictEqual(requests.length, 1)
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none }).pipe(Layer.provide(layer))
      )
    )
  })
})

describe("delete", () => {
  it.effect("deletes one permission, and gives id, object and deleted", () =>
    Effect.gen(function* () {
      const id = permission("cp_000000000000000000000002")
      assert.deepStrictEqual(yield* (yield* permissions).delete(checkpoint, id), {
        id,
        object: "checkpoint.permission",
        deleted: true
      })
      const [request, ...others] = yield* (yield* server).requests
      assert.deepStrictEqual(others, [])
      assert.isDefined(request)
      assert.strictEqual(request.method, "DELETE")
      assert.strictEqual(request.path, `${path}/${id}`)
      assert.deepStrictEqual(request.query, {})
      assert.strictEqual(request.body, "")
      assert.deepStrictEqual(yield* (yield* server).projects(checkpoint), ["proj_0", "proj_2"])
    }).pipe(Effect.provide(onFake({ fake: seeded(3) })))
  )

  it.effect("gives `deleted: false` of the first attempt as it came", () =>
    Effect.gen(function* () {
      const reply = yield* (yield* permissions).delete(checkpoint, permission("cp_gone"))
      assert.isFalse(reply.deleted)
    }).pipe(Effect.provide(onFake({ fake: { behavior: { deleteGone: "deleted-false" } } })))
  )
})

describe("pages and stream", () => {
  it.effect("send project_id and order with every page, limit as its size, and after to begin with", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const rest = yield* collect(
        service.stream(checkpoint, {
          after: permission("cp_000000000000000000000001"),
          limit: 2,
          order: "ascending"
        })
      )
      assert.deepStrictEqual(
        rest.map(({ project_id }) => project_id),
        ["proj_1", "proj_2", "proj_3"]
      )
      yield* (yield* server).clearRequests
      assert.deepStrictEqual(
        (yield* collect(service.pages(checkpoint, { project_id: project(3), order: "ascending" }))).map((page) =>
          page.data.map(({ project_id }) => project_id)
        ),
        [["proj_3"]]
      )
      assert.deepStrictEqual(
        (yield* (yield* server).requests).map(({ query }) => query),
        [{ project_id: "proj_3", order: "ascending", limit: "100" }]
      )
    }).pipe(Effect.provide(onFake({ fake: seeded(4) })))
  )
})

describe("paths", () => {
  const nasty = [
    "ft:a/b?c#d%e f",
    "ft:é漢😀",
    "ft-AF1WoRqd3aJAHsqc9NY7iL8F",
    "a/../../models",
    "..%2f",
    "...",
    "x;y=1&z+w"
  ]

  for (const id of nasty) {
    it.effect(`hold ${JSON.stringify(id)} as one segment`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        const fake = yield* server
        const odd = Identifiers.CheckpointId.make(id)
        const [granted] = (yield* service.create(odd, [project("a")])).data
        assert.isDefined(granted)
        yield* service.list(odd)
        const oddPermission = id.startsWith("ft:") ? `cp_${id}` : id
        yield* service.delete(odd, oddPermission).pipe(Effect.flip)
        yield* service.delete(odd, granted.id)
        const requests = yield* fake.requests
        assert.deepStrictEqual(
          requests.map(({ checkpoint }) => checkpoint),
          [id, id, id, id]
        )
        assert.strictEqual(requests[2]?.permissionId, oddPermission)
        for (const request of requests) {
          assert.isTrue(request.path.startsWith(`/v1/fine_tuning/checkpoints/${encodeURIComponent(id)}/permissions`))
        }
      }).pipe(Effect.provide(onFake()))
    )
  }
})

describe("headers", () => {
  const headersWith = (options: Partial<CheckpointPermissions.Options>) => {
    const { layer, requests } = wire(() => ({ body: pageOf([]) }))
    return Effect.gen(function* () {
      yield* (yield* permissions).list(checkpoint)
      return requests[0]?.headers ?? {}
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...options }).pipe(
          Layer.provide(layer)
        )
      )
    )
  }

  it.effect("are the bearer's key and what is accepted, by default", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* headersWith({}), { accept: "application/json", authorization: `Bearer ${key}` })
    })
  )

  it.effect("name organization and project when they are set", () =>
    Effect.gen(function* () {
      const headers = yield* headersWith({ organizationId: "org-1", projectId: "proj_1" })
      assert.strictEqual(headers["openai-organization"], "org-1")
      assert.strictEqual(headers["openai-project"], "proj_1")
    })
  )

  it.effect("carry the key under another name, without a scheme", () =>
    Effect.gen(function* () {
      for (const authHeader of ["api-key", "API-Key", "X-Gateway-Token"]) {
        const headers = yield* headersWith({ authHeader })
        assert.strictEqual(headers[authHeader.toLowerCase()], key)
        assert.notProperty(headers, "authorization")
      }
      assert.strictEqual((yield* headersWith({ authHeader: "Bearer" }))["authorization"], `Bearer ${key}`)
      assert.strictEqual((yield* headersWith({ authHeader: "Authorization" }))["authorization"], key)
    })
  )
})

describe("base URL", () => {
  const urlWith = (options: Partial<CheckpointPermissions.Options>) => {
    const { layer, requests } = wire(() => ({ body: pageOf([]) }))
    return Effect.gen(function* () {
      yield* (yield* permissions).list(checkpoint, { limit: 1 })
      return requests[0]?.url.href
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...options }).pipe(
          Layer.provide(layer)
        )
      )
    )
  }
  const rest = `${path.slice("/v1".length)}?limit=1`

  for (const [apiUrl, base] of [
    ["https://api.openai.com/v1", "https://api.openai.com/v1"],
    ["https://api.openai.com/v1/", "https://api.openai.com/v1"],
    ["https://api.openai.com/v1///", "https://api.openai.com/v1"],
    ["https://example.com", "https://example.com"],
    ["https://example.com/", "https://example.com"],
    ["HTTPS://Example.COM:8443/a/b", "https://example.com:8443/a/b"],
    ["https://my-resource.openai.azure.com/openai/v1", "https://my-resource.openai.azure.com/openai/v1"],
    ["https://gateway.example/a%2Fb/v1", "https://gateway.example/a%2Fb/v1"],
    ["http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["http://[::1]:8080/v1/", "http://[::1]:8080/v1"]
  ] as const) {
    it.effect(`${apiUrl} is where requests go`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* urlWith({ apiUrl }), `${base}${rest}`)
      })
    )
  }

  it.effect("takes a query that a transformation adds, as Azure wants", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* urlWith({
          apiUrl: "https://my-resource.openai.azure.com/openai/v1/",
          authHeader: "api-key",
          transformClient: HttpClient.mapRequest(HttpClientRequest.appendUrlParam("api-version", "preview"))
        }),
        `https://my-resource.openai.azure.com/openai/v1${rest}&api-version=preview`
      )
    })
  )
})

/** All that someone needs in a test of their own. */
describe("a test of one's own", () => {
  const adminKey = Redacted.make("any")
  const share = Effect.gen(function* () {
    const service = yield* CheckpointPermissions.CheckpointPermissions
    yield* service.create(checkpoint, projects(3))
    return (yield* collect(service.stream(checkpoint))).length
  })

  it.effect("takes one line of layers", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* share, 3)
    }).pipe(Effect.provide(CheckpointPermissions.layer({ adminKey }).pipe(Layer.provide(FakePermissions.layer()))))
  )
})
