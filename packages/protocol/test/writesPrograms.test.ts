/** Parts of the programs beside the rows of `contract/src/cases/access.ts`, with a server of a few lines. */
import { assert, describe, expectTypeOf, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import * as writes from "../src/writes.ts"
import { call, Failed, run } from "./support/programs.ts"

type P = writes.PermissionFields
type Reply = writes.CreateReply<P, Failure>

const lost: Failure = { kind: "ConnectionError", operation: "create", mayHaveExecuted: true, reason: "ECONNRESET" }
const of = (project_id: string, id: string, created_at = 0): P => ({ id, created_at, project_id })

interface Server {
  permissions: ReadonlyArray<P>
  /** Returns true if a deadline ends the read. */
  readonly isCut?: () => boolean
  readonly onCreate?: (projects: ReadonlyArray<string>) => Reply
  readonly isDeleted?: () => boolean
  readonly mayDelete?: (permission: P) => boolean
}

/** Runs a program on a server; a reading shows its `permissions`. */
const drive = (program: (calls: writes.Calls<never, P>) => writes.Program<never, unknown>, server: Server) => {
  const asks: Array<string> = []
  const deleted = new Set<string>()
  let now = 0
  const asked = <A>(what: string, answer: () => A) =>
    call(() => {
      asks.push(what)
      return answer()
    })
  const calls: writes.Calls<never, P> = {
    checkpoint: "ft:a",
    read: (projects, _, last) =>
      asked(`read ${projects?.join(" ") ?? "all"}`, () => {
        if (last !== undefined && server.isCut?.()) return last
        const listed = server.permissions.filter(({ project_id }) => projects?.includes(project_id) ?? true)
        return writes.snapshotOf([listed], { readFrom: now, readAt: now })
      }),
    create: (projects) => asked(`create ${projects.join(" ")}`, () => server.onCreate?.(projects) ?? { failure: lost }),
    onFound: ({ id }) => asked(`found ${id}`, () => undefined),
    delete: ({ id }, { urgent, withdrawAfter } = { urgent: false, withdrawAfter: 0 }) =>
      asked(`delete ${id}${urgent ? " at once" : ""}`, () => {
        if (server.isDeleted?.() ?? true) {
          server.permissions = server.permissions.filter((permission) => permission.id !== id)
          deleted.add(id)
        } else now += withdrawAfter
        return undefined
      }),
    deleted,
    mayDelete: server.mayDelete ?? (() => true),
    waitForRateLimit: asked("turn", () => undefined),
    sleep: (millis) =>
      asked(`sleep ${millis}`, () => {
        now += millis
        return true
      }),
    now: call(() => now),
    each: (programs) => call(() => programs.map((one) => run(one()))),
    fail: (failure) =>
      call(() => {
        throw new Failed(failure)
      })
  }
  try {
    return { asks, result: run(program(calls)), now }
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    return { asks, result: { fail: error.failure }, now }
  }
}

/** Returns the requests of one kind. */
const only = (asks: ReadonlyArray<string>, kind: string) => asks.filter((ask) => ask.startsWith(kind))

const grant = (projects: ReadonlyArray<string>) => (calls: writes.Calls<never, P>) => writes.grant(calls, projects)

describe("a grant", () => {
  it("returns projects in the requested order, not in that of the listing", () => {
    const server = {
      permissions: [] as ReadonlyArray<P>,
      onCreate: (projects: ReadonlyArray<string>): Reply => {
        server.permissions = projects.map((project) => of(project, project)).reverse()
        return { failure: lost }
      }
    }
    const { asks } = drive(grant(["a", "b", "c"]), server)
    assert.deepStrictEqual(only(asks, "found"), ["found a", "found b", "found c"])
  })

  it("whose last read is ended does not grant again what an earlier read shows", () => {
    const ab = [of("a", "1"), of("b", "2")]
    // another client revokes b after it was found
    const shown = [[], ab, ab.slice(0, 1)]
    const creates: Array<ReadonlyArray<string>> = []
    const { result } = drive(grant(["a", "b"]), {
      get permissions() {
        return shown.shift() ?? []
      },
      isCut: () => creates.length === 2,
      onCreate: (projects) => (creates.push(projects) === 1 ? { failure: lost } : { page: { data: [of("b", "3")] } })
    })
    assert.deepStrictEqual(creates, [["a", "b"], ["b"]])
    assert.deepInclude(result, { granted: ["a"], notListedYet: ["b"] })
  })

  it("gives up a project that another client revokes in each of five rounds", () => {
    const server = {
      permissions: [] as ReadonlyArray<P>,
      onCreate: (): Reply => {
        server.permissions = [of("a", `cp_${++created}`), of("a", `cp_${++created}`, 1)]
        return { page: { data: server.permissions } }
      },
      isDeleted: () => {
        server.permissions = []
        return true
      }
    }
    let created = 0
    const { asks, result } = drive(grant(["a"]), server)
    assert.strictEqual(only(asks, "create").length, 5)
    const reason = "a: another client revokes it after each grant"
    const fail = { kind: "IncompleteListingError", operation: "create", mayHaveExecuted: true, received: 0 }
    assert.deepStrictEqual(result, { fail: { ...fail, checkpoint: "ft:a", reason } })
  })
})

it("the result for a project is the name of its list, of a grant and of a revoke", () => {
  const granted: writes.GrantReport<string> = {
    granted: ["a"],
    notListedYet: ["b"],
    alreadyGranted: ["c"],
    ownerProjects: ["d"],
    mayBeDuplicated: ["a", "b"]
  }
  const revoked: writes.RevokeReport<string> = { revoked: ["a"], absent: ["b"], ownerProjects: ["c"] }
  const ofGrant = ["a", "b", "c", "d", "e"].map((project) => writes.resultFor(granted, project))
  const ofRevoke = ["a", "b", "c", "d"].map((project) => writes.resultFor(revoked, project))
  assert.deepStrictEqual(ofGrant, ["granted", "notListedYet", "alreadyGranted", "ownerProjects", undefined])
  assert.deepStrictEqual(ofRevoke, ["revoked", "absent", "ownerProjects", undefined])
  expectTypeOf(writes.resultFor(revoked, "a")).toEqualTypeOf<"revoked" | "absent" | "ownerProjects" | undefined>()
})

describe("several permissions of one project", () => {
  const doubled = () => [of("a", "1", 1), of("a", "2", 2), of("a", "3", 3)]

  it("are granted again if another client deleted the one that was to stay", () => {
    const server = {
      permissions: doubled().slice(0, 2) as ReadonlyArray<P>,
      isDeleted: () => {
        server.permissions = server.permissions.filter(({ id }) => id !== "1")
        return true
      },
      onCreate: (): Reply => {
        server.permissions = [of("a", "9", 9)]
        return { page: { data: server.permissions } }
      }
    }
    const { asks, result } = drive(grant(["a"]), server)
    assert.deepStrictEqual(asks, ["read a", "delete 2", "read a", "create a", "read a"])
    assert.deepStrictEqual(Object(result).granted, ["a"])
  })

  it("are read again before a delete while they may not have existed at the same time", () => {
    const first = writes.snapshotOf([[of("a", "1", 5)], [of("a", "2", 5)]], { readFrom: 0, readAt: 0 })
    const permissions = first.permissions
    const { asks, result } = drive((calls) => writes.resolveDuplicates(calls, first), { permissions })
    assert.deepStrictEqual(asks, ["read a", "delete 2", "read a"])
    assert.deepStrictEqual(result, [])
  })

  it("that are never deleted in time are given up", () => {
    const { asks, result } = drive(grant(["a"]), { permissions: doubled(), isDeleted: () => false })
    assert.strictEqual(only(asks, "read").length, 1 + writes.limits.maxDuplicateReads)
    assert.include(Object(result).fail.reason, "was not deleted within a minute")
  })
})

describe("duplicates that may not be deleted", () => {
  const doubled = [of("a", "1", 1), of("a", "2", 2)]

  const settled = (permissions: ReadonlyArray<P>, mayDelete: (permission: P) => boolean) =>
    drive((calls) => writes.resolveDuplicates(calls, writes.snapshotOf([permissions], { readFrom: 0, readAt: 0 })), {
      permissions,
      mayDelete
    })

  it("stay, without a request", () => {
    const { asks, result } = settled(doubled, () => false)
    assert.deepStrictEqual(asks, [])
    assert.deepStrictEqual(result, [])
  })

  it("stay beside others, which are deleted and read again", () => {
    const { asks, result } = settled([...doubled, of("a", "3", 3)], ({ id }) => id === "3")
    assert.deepStrictEqual(asks, ["delete 3", "read a"])
    assert.deepStrictEqual(result, [])
  })
})
