import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"

/** The blocks of the page whose fence names a language and a file. */
const files = new Map(
  Array.from(
    readFileSync(join(root, "docs/emulator.md"), "utf8").matchAll(/^```python (\S+)\n([\s\S]*?)^```$/gm),
    ([, name = "", code = ""]) => [name, code]
  )
)

const works = (command: string, ...args: ReadonlyArray<string>): boolean => spawnSync(command, args).status === 0

const run = (
  command: string,
  ...args: ReadonlyArray<string>
): Promise<{ readonly code: number | null; readonly output: string }> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "emulator-docs-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      for (const [name, code] of files) writeFileSync(join(folder, name), code)
      const env = {
        ...process.env,
        OPENAI_BASE_URL: baseUrl,
        PYTHONDONTWRITEBYTECODE: "1"
      }
      return yield* Effect.async<{ readonly code: number | null; readonly output: string }>((resume) => {
        const child = execFile(command, args, { cwd: folder, env, timeout: 290_000 }, (_error, stdout, stderr) =>
          resume(Effect.succeed({ code: child.exitCode, output: stdout + stderr }))
        )
      })
    }).pipe(Effect.scoped, Effect.provide(Emulator.layer({ behavior: { rate: { requests: 10, per: "1 minute" } } })))
  )

const hasPytest = works("python3", "-m", "pytest", "--version")

it.skipIf(!hasPytest)(
  `the example of emulator.md runs${hasPytest ? "" : ": pytest is not on this machine"}`,
  async () => {
    assert.sameMembers([...files.keys()], ["conftest.py", "test_quota.py"])
    const { code, output } = await run("python3", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert.strictEqual(code, 0, output)
  }
)

it.skipIf(!hasPytest)("its conftest.py raises with the text of the emulator", async () => {
  const call = "conftest.control('PATCH', conftest.emulator + '/__fake/behavior', {'regrant': 'twice'})"
  const { code, output } = await run("python3", "-c", `import conftest; ${call}`)
  assert.strictEqual(code, 1, output)
  assert.match(
    output,
    /RuntimeError: PATCH http:\S+\/__fake\/behavior: behavior\.regrant: expected "existing", .* got "twice"/
  )
})
