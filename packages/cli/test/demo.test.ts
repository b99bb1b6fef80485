import { rmSync } from "node:fs"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { wanted } from "../src/internal/demo/scenario.ts"
import { differences } from "../src/internal/demo/told.ts"
import { cli } from "./support/inProcess.ts"

const [first = ""] = Object.keys(wanted)

describe("demo", () => {
  it.live("gets past what it injects, and shows all of it at a terminal", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* VirtualClock.run(cli(["demo"], { terminal: true }))
      assert.strictEqual(code, 0)
      assert.match(stdout, /\p{Cc}\[33m429, too many requests, with Retry-After: 2 s/u)
      assert.match(stdout, /\p{Cc}\[33m502, a failure of the server/u)
      assert.include(stdout, "exactly what it should: 405 permissions")
      assert.match(stdout, /\p{Cc}\[32m✓\p{Cc}\[39m The server holds exactly what the policy says, nothing doubled\./u)
      const [, folder = ""] = /(\S*checkpoint-permissions-demo-[^/\\]*)/.exec(stdout) ?? []
      rmSync(folder, { recursive: true })
      assert.match(stderr, /granted 100 of 450/)
      assert.match(stderr, /legal, page 2: listed \d+ of 450/)
    })
  )

  it("finds what is missing, too many, or double", () => {
    const held = Object.fromEntries(
      Object.entries(wanted).map(([checkpoint, projects]) => [
        checkpoint,
        projects.map((project_id) => ({ project_id }))
      ])
    )
    assert.deepStrictEqual(differences(wanted, held), [])
    const ofFirst = held[first] ?? []
    const found = (more: typeof ofFirst) => differences(wanted, { ...held, [first]: more })
    assert.deepStrictEqual(found(ofFirst.slice(1)), [`${first} lacks proj_0001`])
    assert.deepStrictEqual(found([...ofFirst, { project_id: "proj_x" }]), [`${first} has proj_x too many`])
    assert.deepStrictEqual(found([...ofFirst, ...ofFirst.slice(0, 1)]), [`${first} has proj_0001 too many`])
  })
})
