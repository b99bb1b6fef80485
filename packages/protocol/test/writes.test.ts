import fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import * as writes from "../src/writes.ts"

const kinds: ReadonlyArray<Failure["kind"]> = [
  ...(["InvalidInputError", "BadRequestError", "AuthenticationError", "MissingScopeError"] as const),
  ...(["PermissionDeniedError", "NotFoundError", "ConflictError", "RateLimitError", "QuotaExhaustedError"] as const),
  ...(["ServerError", "ConnectionError", "RequestTimeoutError", "InvalidResponseError"] as const),
  "IncompleteListingError"
]

describe("the owning project", () => {
  const message = "Cannot modify checkpoint permissions for the owning project"
  const named = ["proj_a", "'proj_a'", '"proj_a".', "`proj_a`", " proj_a ", "proj_a.", `'"proj_a"'.`]

  it.each<readonly [detail: string | undefined, of: string, owner: string | undefined]>([
    ...named.map((name) => [`${message}: ${name}`, "proj_b proj_a", "proj_a"] as const),
    [`${message} proj_a`, "proj_b proj_a", "proj_a"],
    [`${message.toUpperCase()}:\nproj_a`, "proj_b proj_a", "proj_a"],
    // the only one asked for, where the server names none or another
    [message, "proj_a", "proj_a"],
    [`${message}: proj_z`, "proj_a", "proj_a"],
    ...["", ": proj_z", ": proj_'a", ": proj_a.b", ": proj_a and others"].map(
      (rest) => [`${message}${rest}`, "proj_a proj_b", undefined] as const
    ),
    ["Unknown project: proj_a", "proj_a", undefined],
    ["for the owning projects", "proj_a", undefined],
    [undefined, "proj_a", undefined]
  ])("that %j names, of %s, is %s", (detail, of, owner) => {
    assert.strictEqual(writes.ownerProjectOf({ kind: "BadRequestError", detail }, of.split(" ")), owner)
    assert.isUndefined(writes.ownerProjectOf({ kind: "PermissionDeniedError", detail }, of.split(" ")))
  })
})

const permission = (project_id: string, id = `cp_${project_id}`, created_at = 1): writes.PermissionFields => ({
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
describe("a create by its own reply", () => {
  it("failed if it was not executed and was not refused because of a project", () => {
    for (const kind of kinds) {
      const isRefusal = kind === "BadRequestError" || kind === "ConflictError"
      assert.strictEqual(writes.onCreate(["a"], failed(kind, false)), isRefusal ? "unknown" : "failed")
      assert.strictEqual(writes.onCreate(["a"], failed(kind, true)), "unknown")
    }
  })
})

describe("a create by its reply and a snapshot", () => {
  it("is split into batches of at most that many projects, none of them empty", () => {
    assert.deepStrictEqual(writes.batchesOf(["a", "b", "c"], 2), [["a", "b"], ["c"]])
    assert.deepStrictEqual(writes.batchesOf(["a", "b"], 2), [["a", "b"]])
    assert.deepStrictEqual(writes.batchesOf([], 2), [])
  })
})

describe("the creates of a grant", () => {
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
          /** The server's action for each create that it does not refuse. */
          mishaps: fc.array(fc.constantFrom("done", "lost", "not done", "half named"), { maxLength: 6 })
        }),
        ({ isPartial, kind, mishaps, namesOwner, owner, projects, refused }) => {
          const has = new Map<string, readonly [writes.PermissionFields]>()
          let sent = 0
          const create = (asked: ReadonlyArray<string>): writes.CreateReply<writes.PermissionFields> => {
            const mishap = mishaps[sent++] ?? "done"
            assert.isTrue(asked.length > 0 && asked.every((project) => !has.has(project)))
            const grant = (granted: ReadonlyArray<string>) => {
              for (const project of granted) has.set(project, [permission(project)])
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
          const owners = new Set<string>()
          const named = new Set<string>()
          let toSend = writes.batchesOf(projects, names.length)
          for (let [next, ...others] = toSend; next !== undefined; [next, ...others] = toSend) {
            assert.isAtMost(sent, 40, "endless")
            const reply = create(next)
            const verdict = writes.onCreate(next, reply)
            assert.notStrictEqual(verdict, "failed")
            const after = writes.afterCreate(next, reply, verdict === "unknown" ? has : new Map())
            for (const project of after.granted.keys()) granted.add(project)
            if (after.owner !== undefined) owners.add(after.owner)
            if (after.refused !== undefined) named.add(after.refused)
            toSend = [...after.toSend, ...others]
          }
          const isIn = (all: ReadonlySet<string>) => projects.filter((project) => all.has(project))
          const isRefused = (project: string) => refused.includes(project) && project !== owner
          assert.deepStrictEqual(
            isIn(owners),
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
