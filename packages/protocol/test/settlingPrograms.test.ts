/** The programs of a grant, driven against a server of a few lines. */

import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import * as settling from "../src/settling.ts"

type P = settling.Granted & { readonly project_id: string }
type Reply = settling.CreateReply<P, Failure>

const lost: Failure = { kind: "ConnectionFailed", operation: "create", mayHaveExecuted: true, reason: "ECONNRESET" }
const refused: Failure = { kind: "BadRequest", operation: "create", mayHaveExecuted: false }
const of = (project_id: string, id: string, created_at = 0): P => ({ id, created_at, project_id })

interface Server {
  permissions: ReadonlyArray<P>
  readonly onCreate?: (projects: ReadonlyArray<string>) => Reply
  readonly isDeleted?: () => boolean
}

/** A call that is answered at once. */
const call = <A>(answer: () => A): settling.Call<never, A> => ({
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: answer() }) })
})

/** Runs a program on a server; a reading shows its `permissions`. */
const drive = (
  program: (calls: settling.Calls<never, string, P>) => settling.Program<never, unknown>,
  server: Server
) => {
  const asks: Array<string> = []
  let now = 0
  const asked = <A>(what: string, answer: () => A) =>
    call(() => {
      asks.push(what)
      return answer()
    })
  const { value: result } = program({
    read: (projects) =>
      asked(`read ${projects?.join(" ")}`, () => {
        const listed = server.permissions.filter(({ project_id }) => projects?.includes(project_id) ?? true)
        return { reading: settling.readingOf([listed]), readAt: now }
      }),
    create: (projects) => asked(`create ${projects.join(" ")}`, () => server.onCreate?.(projects) ?? { failure: lost }),
    delete: (permission, { atOnce, within }) =>
      asked(`delete ${permission.id}${atOnce ? " at once" : ""}`, () => {
        const isDeleted = server.isDeleted?.() ?? true
        if (isDeleted) server.permissions = server.permissions.filter(({ id }) => id !== permission.id)
        else now += within
        return { isDeleted, now }
      }),
    turn: asked("turn", () => undefined),
    sleep: (millis) =>
      asked(`sleep ${millis}`, () => {
        now += millis
      })
  }).next()
  return { asks, result, now }
}

const grant = (projects: ReadonlyArray<string>) => (calls: settling.Calls<never, string, P>) =>
  settling.grant(calls, "ft:a", projects)

describe("a grant", () => {
  it("sends what is missing, and reads back", () => {
    const server = {
      permissions: [of("a", "1")],
      onCreate: (projects: ReadonlyArray<string>): Reply => {
        const made = projects.map((project, index) => of(project, `new-${index}`, 5))
        server.permissions = [...server.permissions, ...made]
        return { page: { data: made } }
      }
    }
    const { asks, result } = drive(grant(["a", "b"]), server)
    assert.deepStrictEqual(asks, ["read a b", "create b", "read a b"])
    assert.deepStrictEqual(result, { granted: ["b"], unlisted: [], alreadyGranted: ["a"], owning: [] })
  })

  it("settles a lost reply by a reading, and does not send again what is there", () => {
    const server = {
      permissions: [] as ReadonlyArray<P>,
      onCreate: (projects: ReadonlyArray<string>): Reply => {
        server.permissions = projects.map((project) => of(project, project))
        return { failure: lost }
      }
    }
    const { asks } = drive(grant(["a"]), server)
    assert.deepStrictEqual(asks, ["read a", "create a", "read a", "read a"])
  })

  it("is sent again four times with growing delays where no reading shows it", () => {
    const { asks, result } = drive(grant(["a"]), { permissions: [] })
    assert.deepStrictEqual(
      asks.filter((ask) => ask.startsWith("sleep")),
      ["sleep 1000", "sleep 2000", "sleep 4000", "sleep 8000"]
    )
    assert.strictEqual(asks.filter((ask) => ask.startsWith("create")).length, 5)
    assert.deepStrictEqual(result, { fail: lost })
  })

  it("that was answered is never sent again, and is unlisted after half a minute", () => {
    const { asks, now, result } = drive(grant(["a"]), {
      permissions: [],
      onCreate: () => ({ page: { data: [of("a", "1")] } })
    })
    assert.strictEqual(asks.filter((ask) => ask.startsWith("create")).length, 1)
    assert.strictEqual(now, 30_000)
    assert.deepStrictEqual(result, { granted: [], unlisted: ["a"], alreadyGranted: [], owning: [] })
  })

  it("halves a create that is refused until the one is found that is to blame", () => {
    const server = {
      permissions: [] as ReadonlyArray<P>,
      onCreate: (projects: ReadonlyArray<string>): Reply => {
        if (projects.includes("c")) return { failure: refused }
        const made = projects.map((project) => of(project, project))
        server.permissions = [...server.permissions, ...made]
        return { page: { data: made } }
      }
    }
    const { asks, result } = drive(grant(["a", "b", "c", "d"]), server)
    assert.deepStrictEqual(
      asks.filter((ask) => ask.startsWith("create")),
      ["create a b c d", "create a b", "create c d", "create c", "create d"]
    )
    assert.deepStrictEqual(result, { fail: refused })
    assert.sameMembers(
      server.permissions.map(({ project_id }) => project_id),
      ["a", "b", "d"]
    )
  })

  it("stops at what has nothing to do with a project", () => {
    const failure: Failure = { kind: "Unauthorized", operation: "create", mayHaveExecuted: false }
    const { asks, result } = drive(grant(["a"]), { permissions: [], onCreate: () => ({ failure }) })
    assert.deepStrictEqual(asks, ["read a", "create a"])
    assert.deepStrictEqual(result, { fail: failure })
  })

  it("gives up on a project that somebody revokes each time", () => {
    const { asks, result } = drive(grant(["a"]), {
      permissions: [],
      onCreate: () => ({ page: { data: [] } })
    })
    assert.strictEqual(asks.filter((ask) => ask.startsWith("create")).length, 5)
    assert.deepInclude(Object(result).fail, { kind: "InvalidResponse", operation: "create" })
  })
})

describe("several permissions of one project", () => {
  const doubled = () => [of("a", "1", 1), of("a", "2", 2), of("a", "3", 3)]

  it("are deleted but for the oldest, and the project is read after that", () => {
    const server = { permissions: doubled() }
    const { asks, result } = drive(grant(["a"]), server)
    assert.deepStrictEqual(asks, ["read a", "delete 2", "delete 3", "read a"])
    assert.deepStrictEqual(result, { granted: [], unlisted: [], alreadyGranted: ["a"], owning: [] })
    assert.deepStrictEqual(server.permissions, [of("a", "1", 1)])
  })

  it("are granted again where somebody else deleted the one that was to stay", () => {
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

  it("are read again before a delete that did not have its turn within the minute goes at once", () => {
    let tries = 0
    const { asks } = drive(grant(["a"]), {
      permissions: doubled().slice(0, 2),
      isDeleted: () => ++tries > 1
    })
    assert.deepStrictEqual(asks, ["read a", "delete 2", "turn", "read a", "delete 2 at once", "read a"])
  })

  it("that are never deleted in time are given up", () => {
    const { asks, result } = drive(grant(["a"]), { permissions: doubled(), isDeleted: () => false })
    assert.strictEqual(asks.filter((ask) => ask.startsWith("read")).length, 1 + settling.limits.doubleReadings)
    assert.include(Object(result).fail.reason, "was not deleted yet")
  })
})
