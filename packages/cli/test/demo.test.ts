import { rmSync } from "node:fs"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { differences, parts } from "../src/internal/demo/scenario.ts"
import { cli } from "./support/inProcess.ts"

const expected = Object.fromEntries(
  parts.map(({ checkpoint, projects, revoked }): [string, ReadonlyArray<string>] => [
    checkpoint,
    projects.filter((project) => !revoked.has(project))
  ])
)
const [first] = parts

describe("demo", () => {
  it.live(
    "gets past what it injects, and shows all of it at a terminal",
    () =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* VirtualClock.run(cli(["demo"], { terminal: true }))
        assert.strictEqual(code, 0)
        assert.match(stdout, /\p{Cc}\[33m429, too many requests, with Retry-After: 2 s/u)
        assert.match(stdout, /\p{Cc}\[33m502, a failure of the server/u)
        assert.include(stdout, "exactly what it should: 405 permissions")
        assert.match(
          stdout,
          /\p{Cc}\[32m✓\p{Cc}\[39m The server holds exactly what the policy says, nothing doubled\./u
        )
        const [, folder = ""] = /(\S*checkpoint-permissions-demo-[^/\\]*)/.exec(stdout) ?? []
        rmSync(folder, { recursive: true })
        assert.match(stderr, /granting +█+░* 100 of 450/)
        assert.match(stderr, /legal, page 2 +█+░* \d+ of 450/)
      }),
    60_000
  )

  it("finds nothing wrong where nothing is", () => {
    assert.deepStrictEqual(differences(expected), [])
  })

  it("finds what is missing, too many, or double", () => {
    const held = expected[first?.checkpoint ?? ""] ?? []
    const with_ = (projects: ReadonlyArray<string>) => differences({ ...expected, [first?.checkpoint ?? ""]: projects })
    assert.deepStrictEqual(with_(held.slice(1)), ["weather lacks proj_0001"])
    assert.deepStrictEqual(with_([...held, "proj_x"]), ["weather has proj_x too many"])
    assert.deepStrictEqual(with_([...held, "proj_0001"]), ["weather has proj_0001 too many"])
  })
})
