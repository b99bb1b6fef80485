import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"

const commands = [
  ...["list", "grant", "revoke", "plan", "apply", "export", "audit", "diff", "create", "delete", "emulator", "demo"]
]

describe("help", () => {
  it.effect.each([[], ["--help"], ["-h"], ["help"], ["--log-level", "debug"]])("%j shows what there is", (args) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(args)
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      for (const command of commands) assert.include(stdout, `\n  ${command} `)
      assert.include(stdout, "Exits with 0 when done, 1 when it failed, 2 on wrong use")
    })
  )

  it.effect.each(commands)("%s --help shows how it is called, each option and an example", (command) =>
    Effect.gen(function* () {
      const { code, stdout } = yield* cli(["--log-level=debug", command, "--help"])
      assert.strictEqual(code, 0)
      assert.include(stdout, `Usage: checkpoint-permissions ${command}`)
      assert.match(stdout, new RegExp(`Examples?:\n  # .*\n  checkpoint-permissions ${command}`))
      assert.include(stdout, "-h, --help")
      assert.notInclude(stdout, "undefined")
      for (const line of stdout.split("\n")) {
        if (!line.startsWith("  checkpoint-permissions")) assert.isAtMost([...line].length, 100)
      }
    })
  )

  it.effect("list names every option of the design and the variables that stand in for them", () =>
    Effect.gen(function* () {
      const { stdout } = yield* cli(["list", "--help"])
      for (const word of [
        "<checkpoint>",
        "--project <id>",
        "--after <permission>",
        "--order <order>",
        "--limit <number>",
        "--json",
        "--api-url <url>",
        "--admin-key-file <file>",
        "--auth-header <name>",
        "--openai-organization <id>",
        "--openai-project <id>",
        "--fake",
        "OPENAI_ADMIN_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID"
      ]) {
        assert.include(stdout, word)
      }
    })
  )

  it.effect("has colours at a terminal only", () =>
    Effect.gen(function* () {
      assert.match((yield* cli(["list", "-h"], { terminal: true })).stdout, /\p{Cc}\[1mUsage:/u)
      assert.notMatch((yield* cli(["list", "-h"])).stdout, /\p{Cc}\[/u)
    })
  )

  it.effect("the version stands alone on its line", () =>
    Effect.gen(function* () {
      for (const args of [["--version"], ["-V"], ["version"], ["list", "--version"], ["list", "-V"]]) {
        const { code, stdout } = yield* cli(args)
        assert.strictEqual(code, 0)
        assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/)
      }
    })
  )

  it.effect.each(commands)("help %s is the same as its --help", (command) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* cli(["help", command]), yield* cli([command, "--help"]))
    })
  )
})
