import { readdirSync, rmSync } from "node:fs"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"

describe("demo", () => {
  it.live("shows the commands at a terminal, and gets past what it injects, whatever is set for real servers", () =>
    Effect.gen(function* () {
      const env = { CHECKPOINT_PERMISSIONS_STORE: "sqlite:/nowhere/a.db", CHECKPOINT_PERMISSIONS_RATE: "1/h" }
      const { code, stdout } = yield* VirtualClock.run(cli(["demo"], { terminal: true, env }))
      assert.strictEqual(code, 0)
      assert.match(stdout, /\p{Cc}\[1m\$ checkpoint-permissions plan --file policy\.yaml --out plan\.json\p{Cc}/u)
      assert.match(stdout, /\p{Cc}\[32m✓\p{Cc}\[39m 3 of 3 checkpoints were as the policy wants when read/u)
      assert.match(stdout, /--exit-code\p{Cc}\[22m\n[^$]*Nothing to change\./u)
      assert.include(stdout, "Got past 3 failures: 502, a lost reply, 429.")
      const [, folder = ""] = /(\/\S*checkpoint-permissions-demo-[^/\\]*)\/audit\.html/.exec(stdout) ?? []
      const files = readdirSync(folder)
      rmSync(folder, { recursive: true })
      assert.sameMembers(files, ["audit.html", "audit.json", "plan.json", "policy.yaml"])
    })
  )
})
