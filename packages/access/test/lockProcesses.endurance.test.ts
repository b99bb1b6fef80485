import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { type Options, program, start } from "./support/lockRivals.ts"
import { age } from "./support/lockWorld.ts"

const isRoot = process.getuid?.() === 0
const canUnshare = spawnSync("unshare", ["-pf", "true"]).status === 0

/** Starts rivals that meet in one folder. */
const rivals = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(join(os.tmpdir(), "locks-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
  )
  const folder = join(root, "state")
  const bundled = yield* program
  return {
    root,
    files: () => fs.readdirSync(folder),
    lockFile: () => {
      const [name, ...others] = fs.readdirSync(folder)
      assert.isEmpty(others)
      return join(folder, name ?? "")
    },
    rival: (options: Partial<Options> = {}) => start(bundled, { folder, ...options })
  }
})

const many = isEndurance ? 50 : 8

describe(`${many} processes`, () => {
  it.live("at the lock of one that was killed: one takes it over, and again when that is killed", () =>
    Effect.gen(function* () {
      const { files, rival } = yield* rivals
      const killed = yield* rival()
      assert.strictEqual(yield* killed.asked("try"), "held")
      yield* killed.kill
      assert.lengthOf(files(), 1)

      const all = yield* Effect.forEach(Array.from({ length: many }), () => rival(), { concurrency: 10 })
      const race = (some: typeof all) =>
        Effect.gen(function* () {
          for (const { send } of some) send("try")
          const said = yield* Effect.forEach(some, ({ says }) => says)
          const winners = some.filter((_, i) => said[i] === "held")
          assert.lengthOf(winners, 1, said.join())
          const [winner] = winners
          // Who looks just while the lock changes hands may find one that tried too late.
          const possible = some.map(({ child }) => `locked by ${child.pid}`)
          assert.includeMembers(possible, [...new Set(said.filter((line) => line !== "held"))])
          assert.lengthOf(files(), 1)
          return winner
        })

      const winner = yield* race(all)
      if (winner === undefined) return
      yield* winner.kill
      const second = yield* race(all.filter((one) => one !== winner))
      assert.strictEqual(yield* second?.asked("release") ?? Effect.succeed(""), "released")
      assert.isEmpty(files())
    }).pipe(Effect.scoped)
  )
})

describe("process namespaces", () => {
  const reason = canUnshare ? "" : ", which cannot be made here (unshare -pf)"
  for (const flags of ["-pf", "-pf --mount-proc"]) {
    it.skipIf(!canUnshare)(`a holder in another one (unshare ${flags})${reason}`, () =>
      Effect.gen(function* () {
        const { lockFile, rival } = yield* rivals
        const through = ["unshare", "--kill-child", ...flags.split(" ")]
        const inside = yield* rival({ through })
        const outside = yield* rival()
        const sibling = yield* rival({ through })
        // Its process number is 1, which is another process outside.
        assert.strictEqual(yield* inside.asked("try"), "held")
        assert.strictEqual(yield* outside.asked("try"), "locked by 1")
        assert.strictEqual(yield* sibling.asked("try"), "locked by 1")
        assert.strictEqual(yield* inside.asked("release"), "released")

        // The other way round: no process of that number is inside.
        assert.strictEqual(yield* outside.asked("try"), "held")
        assert.strictEqual(yield* inside.asked("try"), `locked by ${outside.child.pid}`)
        yield* outside.kill
        assert.strictEqual(yield* inside.asked("try"), `locked by ${outside.child.pid}`)
        age(lockFile(), 61)
        assert.strictEqual(yield* inside.asked("try"), "held")
      }).pipe(Effect.scoped, Effect.runPromise)
    )
  }
})

/** The first child of a process. */
const childOf = (pid: number | undefined) =>
  fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0] ?? ""

describe("a process whose /proc is that of an outer namespace", () => {
  const canEnter = canUnshare && spawnSync("nsenter", ["-t", String(process.pid), "-p", "true"]).status === 0
  it.skipIf(!canEnter)(
    `is not looked for by the numbers in there${canEnter ? "" : ", which cannot be made here (nsenter)"}`,
    () =>
      Effect.gen(function* () {
        const { lockFile, rival } = yield* rivals
        const outer = yield* rival({ through: ["unshare", "--kill-child", "-pf"] })
        const inside = childOf(outer.child.pid)
        const inner = yield* rival({ through: ["nsenter", "-t", inside, "-p", "unshare", "-m", "--mount-proc"] })
        assert.strictEqual(yield* outer.asked("try"), "held")
        assert.strictEqual(yield* inner.asked("try"), "locked by 1")
        assert.strictEqual(yield* outer.asked("release"), "released")
        assert.match(yield* inner.asked("try"), /^held$/)
        assert.match(yield* outer.asked("try"), /^locked by \d+$/)
        age(lockFile(), 61)
        assert.strictEqual(yield* outer.asked("try"), "held")
      }).pipe(Effect.scoped, Effect.runPromise)
  )
})

describe("users", () => {
  const nobody = 65_534
  /** Why nobody cannot run Node on a file of these tests, as where Node is in root's home. */
  const whyNot = (): string => {
    if (!isRoot) return ": needs root"
    const tried = spawnSync(process.execPath, ["-e", "process.chdir(process.argv[1])", os.tmpdir()], {
      cwd: "/",
      env: {},
      uid: nobody,
      gid: nobody
    })
    return tried.status === 0 ? "" : `: needs a Node and a ${os.tmpdir()} that other users reach`
  }
  const reason = whyNot()
  it.skipIf(reason !== "")(`a folder that cannot be made in a HOME of another${reason}`, () =>
    Effect.gen(function* () {
      const { rival, root } = yield* rivals
      fs.chmodSync(root, 0o755)
      const one = yield* rival({ uid: nobody })
      assert.match(yield* one.asked("try"), /^warning: going on without locks.*it may not be written/)
      assert.strictEqual(yield* one.says, "held")
      assert.strictEqual(yield* one.asked("try"), "held")
    }).pipe(Effect.scoped, Effect.runPromise)
  )
})
