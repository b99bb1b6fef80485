import fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import * as settling from "../src/settling.ts"

const kinds: ReadonlyArray<Failure["kind"]> = [
  "InvalidInputError",
  "BadRequestError",
  "AuthenticationError",
  "MissingScopeError",
  "PermissionDeniedError",
  "NotFoundError",
  "ConflictError",
  "RateLimitError",
  "QuotaExhaustedError",
  "ServerError",
  "ConnectionError",
  "RequestTimeoutError",
  "InvalidResponseError",
  "IncompleteListingError"
]

describe("a delete that failed", () => {
  it("is done where an earlier attempt may have been, and the permission is not found", () => {
    assert.strictEqual(settling.onDelete({ kind: "NotFoundError" }, true), "done")
  })

  it("found nothing where none was sent before", () => {
    assert.strictEqual(settling.onDelete({ kind: "NotFoundError" }, false), "absent")
  })

  it("failed with anything else, a 404 of something between too", () => {
    for (const kind of kinds.filter((kind) => kind !== "NotFoundError")) {
      assert.strictEqual(settling.onDelete({ kind }, true), "failed")
      assert.strictEqual(settling.onDelete({ kind }, false), "failed")
    }
  })
})

describe("a reply to a delete", () => {
  const reply = { id: "cp_1", object: "checkpoint.permission", deleted: false, extra: 1 } as const

  it("of nothing deleted means that an earlier attempt deleted it, if there was one", () => {
    assert.deepStrictEqual(settling.onDeleted({ ...reply, deleted: false }, true), { ...reply, deleted: true })
    assert.strictEqual(settling.onDeleted(reply, false), reply)
  })
})

describe("owningProject", () => {
  const refusal = (detail?: string, kind: Failure["kind"] = "BadRequestError") => ({ kind, detail })
  const message = "Cannot modify checkpoint permissions for the owning project"

  it("is the one that the server names", () => {
    for (const named of ["proj_a", "'proj_a'", '"proj_a".', "`proj_a`", " proj_a ", "proj_a.", `'"proj_a"'.`]) {
      assert.strictEqual(settling.owningProject(refusal(`${message}: ${named}`), ["proj_b", "proj_a"]), "proj_a")
      assert.strictEqual(settling.owningProject(refusal(`${message} ${named}`), ["proj_b", "proj_a"]), "proj_a")
    }
    assert.strictEqual(
      settling.owningProject(refusal(`${message.toUpperCase()}:\nproj_a`), ["proj_b", "proj_a"]),
      "proj_a"
    )
  })

  it("is the only one asked for, where the server names none or another", () => {
    assert.strictEqual(settling.owningProject(refusal(message), ["proj_a"]), "proj_a")
    assert.strictEqual(settling.owningProject(refusal(`${message}: proj_z`), ["proj_a"]), "proj_a")
  })

  it("is unknown of several, where the server names none of them", () => {
    for (const detail of [
      message,
      `${message}: proj_z`,
      `${message}: proj_'a`,
      `${message}: proj_a.b`,
      `${message}: proj_a and others`
    ]) {
      assert.isUndefined(settling.owningProject(refusal(detail), ["proj_a", "proj_b"]))
    }
    assert.isUndefined(settling.owningProject(refusal(message), []))
  })

  it("is not read from another failure", () => {
    assert.isUndefined(settling.owningProject(refusal(`${message}: proj_a`, "PermissionDeniedError"), ["proj_a"]))
    assert.isUndefined(settling.owningProject(refusal("Unknown project: proj_a"), ["proj_a"]))
    assert.isUndefined(settling.owningProject(refusal("for the owning projects"), ["proj_a"]))
    assert.isUndefined(settling.owningProject(refusal(), ["proj_a"]))
  })
})

const permission = (project_id: string, id = `cp_${project_id}`, created_at = 1): settling.Granted => ({
  id,
  created_at,
  project_id
})
const page = (...projects: ReadonlyArray<string>) => ({
  page: { data: projects.map((project) => permission(project)) }
})
const failed = (kind: Failure["kind"], mayHaveExecuted: boolean, detail?: string) => ({
  failure: { kind, mayHaveExecuted, detail }
})
const found = (...projects: ReadonlyArray<string>) =>
  new Map(projects.map((project) => [project, permission(project, `cp_read_${project}`)]))

describe("a create by its own reply", () => {
  it("is granted where all are named", () => {
    assert.strictEqual(settling.onCreate(["a", "b"], page("b", "x", "a")), "granted")
    assert.strictEqual(settling.onCreate(["a", "b"], page("b")), "unknown")
    assert.strictEqual(settling.onCreate(["a"], page()), "unknown")
  })

  it("failed where it was not executed, and was not refused for the sake of a project", () => {
    for (const kind of kinds) {
      const isRefusal = kind === "BadRequestError" || kind === "ConflictError"
      assert.strictEqual(settling.onCreate(["a"], failed(kind, false)), isRefusal ? "unknown" : "failed")
      assert.strictEqual(settling.onCreate(["a"], failed(kind, true)), "unknown")
    }
  })
})

describe("a create by its reply and a reading", () => {
  const shown = ({ granted, ...created }: settling.Created<string, settling.Granted>) => ({
    ...created,
    granted: Array.from(granted.values(), ({ id }) => id)
  })
  const nothing = { granted: [], owning: undefined, refused: undefined, toSend: [], mayHaveExecuted: false }

  it("grants what the reply names, the oldest of each", () => {
    const data = [permission("a", "cp_2", 2), permission("a", "cp_1", 1), permission("b")]
    assert.deepStrictEqual(shown(settling.afterCreate(["a", "b"], { page: { data } }, new Map())), {
      ...nothing,
      granted: ["cp_1", "cp_b"]
    })
  })

  it("grants what the reading shows, before what the reply says", () => {
    assert.deepStrictEqual(shown(settling.afterCreate(["a", "b"], page("a"), found("a", "b"))), {
      ...nothing,
      granted: ["cp_read_a", "cp_read_b"]
    })
    for (const kind of ["ConnectionError", "BadRequestError", "ConflictError"] as const) {
      assert.deepStrictEqual(shown(settling.afterCreate(["a"], failed(kind, true), found("a"))), {
        ...nothing,
        granted: ["cp_read_a"]
      })
    }
  })

  it("sends the rest again", () => {
    for (const reply of [page("b"), failed("ServerError", true), failed("BadRequestError", false)]) {
      assert.deepStrictEqual(shown(settling.afterCreate(["a", "b", "c"], reply, found("b"))), {
        ...nothing,
        granted: ["cp_read_b"],
        toSend: [["a", "c"]]
      })
    }
  })

  it("sends all again where nothing is seen of it, but it may have executed", () => {
    for (const reply of [page(), failed("ServerError", true), failed("RequestTimeoutError", true)]) {
      assert.deepStrictEqual(shown(settling.afterCreate(["a", "b"], reply, new Map())), {
        ...nothing,
        toSend: [["a", "b"]],
        mayHaveExecuted: true
      })
    }
  })

  it("halves what is refused as a whole, until one project is left", () => {
    for (const kind of ["BadRequestError", "ConflictError"] as const) {
      const after = (...projects: ReadonlyArray<string>) =>
        shown(settling.afterCreate(projects, failed(kind, true), new Map()))
      assert.deepStrictEqual(after("a", "b", "c"), { ...nothing, toSend: [["a", "b"], ["c"]] })
      assert.deepStrictEqual(after("a", "b"), { ...nothing, toSend: [["a"], ["b"]] })
      assert.deepStrictEqual(after("a"), { ...nothing, refused: "a" })
    }
  })

  it("leaves the owning project out", () => {
    const owner = failed("BadRequestError", false, "for the owning project: b")
    assert.deepStrictEqual(shown(settling.afterCreate(["a", "b"], owner, new Map())), {
      ...nothing,
      owning: "b",
      toSend: [["a"]]
    })
    assert.deepStrictEqual(shown(settling.afterCreate(["b"], owner, new Map())), { ...nothing, owning: "b" })
  })
})

describe("creates until nothing is left to send", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"]

  it("grant each project that the server grants, name those that it refuses, and end", () => {
    fc.assert(
      fc.property(
        fc.record({
          projects: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
          refused: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
          owner: fc.constantFrom(undefined, ...names),
          /** Of a create that is refused for one project, the others are done or not. */
          isPartial: fc.boolean(),
          namesOwner: fc.boolean(),
          kind: fc.constantFrom("BadRequestError" as const, "ConflictError" as const),
          /** What the server does with one create after the other, where it is not refused. */
          mishaps: fc.array(fc.constantFrom("done", "lost", "not done", "half named"), { maxLength: 6 })
        }),
        ({ isPartial, kind, mishaps, namesOwner, owner, projects, refused }) => {
          const has = new Map<string, settling.Granted>()
          let sent = 0
          const create = (asked: ReadonlyArray<string>): settling.CreateReply<settling.Granted> => {
            const mishap = mishaps[sent++] ?? "done"
            assert.isTrue(asked.length > 0 && asked.every((project) => !has.has(project)))
            const grant = (granted: ReadonlyArray<string>) => {
              for (const project of granted) has.set(project, permission(project))
            }
            const culprit = asked.find((project) => refused.includes(project) || project === owner)
            if (culprit !== undefined) {
              if (isPartial) grant(asked.filter((project) => !refused.includes(project) && project !== owner))
              return culprit !== owner
                ? failed(kind, false)
                : failed("BadRequestError", false, `for the owning project${namesOwner ? `: ${owner}` : ""}`)
            }
            if (mishap !== "not done") grant(asked)
            if (mishap === "done") return page(...asked)
            if (mishap === "half named") return page(...asked.slice(0, asked.length / 2))
            return failed("ConnectionError", true)
          }
          const granted = new Set<string>()
          const owning = new Set<string>()
          const named = new Set<string>()
          let toSend: ReadonlyArray<ReadonlyArray<string>> = [projects]
          for (let [next, ...others] = toSend; next !== undefined; [next, ...others] = toSend) {
            assert.isAtMost(sent, 40, "endless")
            const reply = create(next)
            const verdict = settling.onCreate(next, reply)
            assert.notStrictEqual(verdict, "failed")
            const after = settling.afterCreate(next, reply, verdict === "unknown" ? has : new Map())
            for (const project of after.granted.keys()) granted.add(project)
            if (after.owning !== undefined) owning.add(after.owning)
            if (after.refused !== undefined) named.add(after.refused)
            toSend = [...after.toSend, ...others]
          }
          const isIn = (all: ReadonlySet<string>) => projects.filter((project) => all.has(project))
          const isRefused = (project: string) => refused.includes(project) && project !== owner
          assert.deepStrictEqual(
            isIn(owning),
            projects.filter((project) => project === owner)
          )
          assert.deepStrictEqual(isIn(named), projects.filter(isRefused))
          assert.deepStrictEqual(
            isIn(granted),
            projects.filter((project) => !isRefused(project) && project !== owner)
          )
        }
      ),
      { numRuns: Number(process.env["RUNS"] ?? 500) }
    )
  })
})
