import { readFileSync } from "node:fs"
import { commandHelp } from "@checkpoint-permissions/cli/Cli"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isOption, isShared, nameOf, pages } from "../src/internal/help/words.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"

const daily = [
  ...[
    "list",
    "grant",
    "revoke",
    "offboard",
    "plan",
    "apply",
    "audit",
    "discover",
    "history",
    "drift",
    "review",
    "doctor"
  ]
]
const names = commandHelp.map(({ name }) => name)
const helpOf = (...words: ReadonlyArray<string>) =>
  Effect.map(cli(["help", ...words], { columns: 80 }), ({ code, stderr, stdout }) => {
    assert.deepStrictEqual([code, stderr], [0, ""])
    return stdout.trimEnd().split("\n")
  })

/** The most lines of a help text. */
const most = 45

describe("help", () => {
  it.effect.each([[], ["--help"], ["-h"], ["help"], ["--log-level", "debug"], ["--no-color"]])(
    "%j lists all commands",
    (args) =>
      Effect.gen(function* () {
        const { stderr, stdout } = yield* exits(0, cli(args))
        assert.strictEqual(stderr, "")
        for (const command of names) assert.match(stdout, new RegExp(`  ${command}\\b|, ${command}\\b`))
      })
  )

  scoped("of the program is one screen: daily commands first, then the others by group", function* () {
    const lines = yield* helpOf()
    assert.isAtMost(lines.length, 30)
    const at = lines.indexOf("Commands:") + 1
    assert.deepStrictEqual(
      lines.slice(at, at + daily.length).map((line) => line.trim().split(" ")[0]),
      daily
    )
    const more = lines.slice(lines.indexOf("More:") + 1)
    assert.deepStrictEqual(
      more.slice(0, 3).map((line) => line.trim().split("  ")[0]),
      ["show, validate, export", "emulator, demo", "api list, api create, api delete"]
    )
  })

  it.effect.each([...names, ...Object.keys(pages), "api", ""])("of %j fits into 80 columns and few lines", (topic) =>
    Effect.gen(function* () {
      const lines = yield* helpOf(...topic.split(" ").filter((word) => word !== ""))
      assert.isAtMost(lines.length, most, lines.join("\n"))
      for (const line of lines) assert.isAtMost([...line].length, 80, line)
    })
  )

  it.effect.each(names)("of %s shows usage, each option or its page, and an example", (name) =>
    Effect.gen(function* () {
      const text = (yield* helpOf(...name.split(" "))).join("\n")
      assert.include(text, `Usage: checkpoint-permissions ${name}`)
      assert.match(text, /Examples?:\n {2}# .*\n {2}checkpoint-permissions /)
      assert.notInclude(text, "undefined")
      const options = (yield* helpOf("options")).join("\n")
      const command = commandHelp.find((one) => one.name === name)
      for (const entry of command?.entries ?? []) {
        const word = nameOf(entry)
        assert.match(entry.text, /^\S.*\.$/, word)
        if (!isOption(entry)) {
          assert.include(text, `\n  ${word}`)
          continue
        }
        const isElsewhere = command !== undefined && isShared(command, entry)
        assert.match(isElsewhere ? options : text, new RegExp(`\\n {2}(-\\w, )?${word}\\b`))
        if (isElsewhere) assert.include(text, "Also (checkpoint-permissions help options):")
      }
    })
  )

  scoped("of a command has few options of its own, and all commands together have few names", function* () {
    const ownOf = (command: (typeof commandHelp)[number]) =>
      command.entries.filter((entry) => isOption(entry) && !isShared(command, entry)).map(nameOf)
    const counted = commandHelp.filter(({ name }) => !["emulator", "doctor"].includes(name) && !name.startsWith("api "))
    for (const command of counted) assert.isAtMost(ownOf(command).length, 9, command.name)
    assert.isAtMost(new Set(counted.flatMap(ownOf)).size, 60)
    assert.isAtMost(commandHelp.filter((one) => !counted.includes(one)).flatMap(ownOf).length, 34)
  })

  scoped("of the environment has the table of the guide", function* () {
    const text = (yield* helpOf("environment")).join("\n")
    const guide = readFileSync(new URL("../../../docs/command-line.md", import.meta.url), "utf8")
    for (const { entries } of pages["environment"]?.lists ?? []) {
      for (const { term } of entries) {
        for (const variable of term.split(", ")) {
          assert.include(text, variable)
          assert.include(guide, `\`${variable}\``)
        }
      }
    }
  })

  scoped("has colours at a terminal only, and none with --no-color", function* () {
    assert.match((yield* cli(["list", "-h"], { terminal: true })).stdout, /\p{Cc}\[1mUsage:/u)
    assert.notMatch((yield* cli(["list", "-h"])).stdout, /\p{Cc}\[/u)
    const plain = yield* cli(["list", "-h", "--no-color"], { terminal: true })
    assert.notMatch(plain.stdout, /\p{Cc}\[/u)
    const failed = yield* cli(["list", "--no-color"], { terminal: true })
    assert.match(failed.stderr, /^checkpoint-permissions: missing argument <checkpoint>/)
  })

  scoped("prints the version of the manifest alone on its line", function* () {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    for (const args of [["--version"], ["-V"], ["version"], ["list", "--version"], ["list", "-V"]]) {
      const { stdout } = yield* exits(0, cli(args))
      assert.strictEqual(stdout, `${version}\n`)
    }
  })

  it.effect.each(["api", "api list", "options"])("help %s is the same as with --help", (topic) =>
    Effect.gen(function* () {
      const words = topic.split(" ")
      const help = yield* cli(["help", ...words])
      assert.deepStrictEqual(help, yield* cli([...words, "--help"]))
      assert.deepStrictEqual(help, yield* cli(["--help", ...words]))
    })
  )
})
