import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { begin, cli, exits } from "./support/inProcess.ts"

describe("demo", () => {
  it.live("shows its commands at a terminal, and survives its faults, whatever is set for real servers", () =>
    Effect.gen(function* () {
      const env = { CHECKPOINT_PERMISSIONS_RATE: "1/h" }
      const { code, stdout } = yield* VirtualClock.run(cli(["demo"], { terminal: true, env }))
      assert.strictEqual(code, 0)
      assert.match(stdout, /\p{Cc}\[1m\$ checkpoint-permissions plan --file policy\.yaml --out plan\.json\p{Cc}/u)
      assert.match(stdout, /\p{Cc}\[32m✓\p{Cc}\[39m Apply complete: /u)
      assert.match(stdout, /--exit-code\p{Cc}\[22m\n[^$]*Nothing to change\./u)
      assert.include(stdout, "Survived 3 failures: 502, a lost reply, 429.")
      const [, folder = ""] = /(\/\S*checkpoint-permissions-demo-[^/\\]*)\/audit\.html/.exec(stdout) ?? []
      const files = readdirSync(folder)
      rmSync(folder, { recursive: true })
      assert.sameMembers(files, ["audit.html", "plan.json", "policy.yaml"])
    })
  )

  it.live("exits with the code of a signal to one of its commands, and leaves no files", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "demo-"))
      vi.stubEnv("TMPDIR", folder)
      const demo = yield* begin(["demo"])
      yield* demo.says("+ proj_legal (Legal desk)")
      yield* demo.signal("SIGINT")
      const { stderr } = yield* exits(130, demo.outcome)
      const files = readdirSync(folder).filter((name) => name.startsWith("checkpoint-permissions-demo-"))
      rmSync(folder, { recursive: true })
      assert.match(
        stderr,
        /\bInterrupted: 1 permission granted[^\n]*\ncheckpoint-permissions: demo: stopped by SIGINT\n$/
      )
      assert.deepStrictEqual(files, [])
    }).pipe(Effect.ensuring(Effect.sync(vi.unstubAllEnvs)), Effect.scoped)
  )
})
