import { Emulator, type FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../tools/endurance.ts"
import * as binary from "./support/binary.ts"

/** Runs the program with a heap of so many mebibytes against such a server. */
const runWith = (heap: number, args: ReadonlyArray<string>, seed: FakePermissions.Seed) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const { code, stderr } = yield* binary.run(args, {
      OPENAI_ADMIN_KEY: "sk-admin",
      OPENAI_BASE_URL: baseUrl,
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --max-old-space-size=${heap}`.trim()
    })
    assert.strictEqual(code, 0, stderr)
  }).pipe(Effect.provide(Emulator.layer({ seed })))

const projects = (count: number) => Array.from({ length: count }, (_, i) => `proj_${i}`)

/** The heap is swept before it is full, however busy the machine is. */
describe("the memory of the program", () => {
  it.scopedLive.runIf(isEndurance)("a long listing fits into a heap of 26 MiB", () =>
    runWith(26, ["list", "ft:many", "--json"], { "ft:many": projects(40_000) })
  )

  it.scopedLive.runIf(isEndurance)("an audit of 300 × 200 fits into a heap of 44 MiB", () => {
    const seed = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`ft:${i}`, projects(200)]))
    return runWith(44, ["audit", ...Object.keys(seed), "--format", "csv"], seed)
  })
})
