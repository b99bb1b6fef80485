import { pathToFileURL } from "node:url"
import { Emulator, type FakePermissions } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import * as binary from "./binary.ts"
import { folder } from "./folder.ts"

export interface Used {
  readonly lines: number
  readonly mebibytes: number
}

/** The most memory that the program takes against such a server, its output piped away. `heap` has so many mebibytes. */
const of = (args: ReadonlyArray<string>, seed: FakePermissions.Seed, heap: number | undefined): Effect.Effect<Used> =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const home = yield* folder
    const peak = home.at("peak")
    // In kibibytes, as it ends. Linux counts the memory of the process that started it into maxRSS, and not into VmHWM.
    const hook = home.write(
      "hook.mjs",
      `import { existsSync, readFileSync, writeFileSync } from "node:fs"
       const status = "/proc/self/status"
       const peak = () => existsSync(status)
         ? /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync(status, "utf8"))[1]
         : process.resourceUsage().maxRSS
       process.on("exit", () => writeFileSync(${JSON.stringify(peak)}, String(peak())))`
    )
    const limit = heap === undefined ? "" : ` --max-old-space-size=${heap}`
    const { code, stderr, stdout } = yield* binary.run(args, {
      OPENAI_ADMIN_KEY: "sk-admin",
      OPENAI_BASE_URL: baseUrl,
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --import=${pathToFileURL(hook).href}${limit}`.trim()
    })
    if (code !== 0) throw new Error(stderr)
    return { lines: stdout.split("\n").length - 1, mebibytes: Number(home.read("peak")) / 1024 }
  }).pipe(Effect.provide(Emulator.layer({ seed })), Effect.scoped, Effect.orDie)

const projects = (count: number) => Array.from({ length: count }, (_, i) => `proj_${i}`)

/** The most memory that `list` of so many permissions takes. */
export const ofList = (permissions: number, heap?: number): Effect.Effect<Used> =>
  of(["list", "ft:many", "--json"], { "ft:many": projects(permissions) }, heap)

/** The most memory that `audit` of so many checkpoints, of so many projects each, takes. */
export const ofAudit = (checkpoints: number, each: number, heap: number): Effect.Effect<Used> => {
  const seed = Object.fromEntries(Array.from({ length: checkpoints }, (_, i) => [`ft:${i}`, projects(each)]))
  return of(["audit", ...Object.keys(seed), "--format", "csv"], seed, heap)
}
