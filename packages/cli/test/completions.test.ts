import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { folder } from "./support/world.ts"

const program = "checkpoint-permissions"

/** What bash offers for the last of these words, with the script that the program prints. */
const offered = (shell: string, words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { code, stderr, stdout } = yield* cli(["completion", shell])
    assert.strictEqual(code, 0, stderr)
    const home = yield* folder
    home.write("policy.yaml", "")
    home.write("two words.json", "")
    // As bash does it at the tab key.
    const script = `${stdout}
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
      pattern='-F ([^ ]+)'; [[ $(complete -p ${program}) =~ $pattern ]] && "\${BASH_REMATCH[1]}"
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const told = execFileSync("bash", ["-c", script, "bash", program, ...words], { cwd: home.path, encoding: "utf8" })
    return told.split("\n").filter((line) => line !== "")
  }).pipe(Effect.scoped)

describe("completions", () => {
  it.effect.each<readonly [words: ReadonlyArray<string>, offered: ReadonlyArray<string>]>([
    [["au"], ["audit"]],
    [["ver"], ["version"]],
    [["help", "exp"], ["export"]],
    [["help", "con"], ["connection"]],
    [["jobs", "st"], ["stop"]],
    [["list", "--pro"], ["--project"]],
    [["list", "ft:a", "--json", "--pro"], ["--project"]],
    [["--log-level", "debug", "plan", "--exit"], ["--exit-code"]],
    [["--log-level", "e"], ["error"]],
    [["apply", "--log-level", "f"], ["fatal"]],
    [["completion", "z"], ["zsh"]],
    [["api", "c"], ["create"]],
    [["api", "list", "--ord"], ["--order"]],
    [["api", "create", "ft:a", "--dry"], ["--dry-run"]],
    [["list", "--ord"], []],
    [["apply", "-f", "po"], ["policy.yaml"]],
    [
      ["help", "ap"],
      ["apply", "api"]
    ],
    [["apply", "--file", "po"], ["policy.yaml"]],
    [["apply", "--file", "=", "po"], ["policy.yaml"]],
    [["audit", "--from", "two"], ["two words.json"]],
    [["diff", "policy.yaml", "two"], ["two words.json"]],
    [["diff", "--js"], ["--json"]],
    [["diff", "--format", ""], []],
    [["api", "list", "ft:a", "--limit", ""], []],
    [["grant", "--max"], []],
    [["--no-c"], ["--no-color"]]
  ])("in bash of %j are %j", ([words, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* offered("bash", words), expected)
    })
  )

  it.effect("in bash begin with every command", () =>
    Effect.gen(function* () {
      const offers = yield* offered("bash", [""])
      for (const command of ["list", "apply", "audit", "api", "completion", "help", "version"])
        assert.include(offers, command)
    })
  )

  it.effect("of zsh are those of bash, of fish name the options that take files", () =>
    Effect.gen(function* () {
      assert.match((yield* cli(["completion", "zsh"])).stdout, /^autoload -Uz bashcompinit && bashcompinit\n/)
      const { stdout } = yield* cli(["completion", "fish"])
      assert.include(
        stdout,
        "complete -c checkpoint-permissions -n '__fish_seen_subcommand_from audit' -r -F -l from -d "
      )
      assert.include(stdout, "-a 'list show follow stop prune'")
      assert.notMatch(stdout, /\p{Cc}\[/u)
    })
  )

  it.effect("of another shell are not there", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["completion", "tcsh"])
      assert.strictEqual(code, 2)
      assert.include(stderr, 'there is no shell "tcsh": use one of bash, fish, zsh')
    })
  )
})
