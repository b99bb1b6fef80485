import { execFileSync, spawnSync } from "node:child_process"
import process from "node:process"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

const program = "checkpoint-permissions"

/** The script of each shell after the printed completion script, for the tab key: prints a line for each offer. */
const atTab: Readonly<Record<string, string>> = {
  bash: `
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    pattern='-F ([^ ]+)'; [[ $(complete -p ${program}) =~ $pattern ]] && "\${BASH_REMATCH[1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its own function matches the beginning.
  zsh: `
    compadd() { print -rl -- \${(M)matches:#\${words[CURRENT]}*} }
    words=("$@"); CURRENT=$#; \${=_comps[${program}]}; true`
}

/** The same for a shell that is installed. */
const offered = (shell: string, words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { stdout } = yield* exits(0, cli(["completion", shell]))
    const home = yield* folder
    home.write("policy.yaml", "")
    home.write("two words.json", "")
    const options = shell === "zsh" ? ["-f"] : []
    const args = [...options, "-c", `${stdout}${atTab[shell]}`, shell, program, ...words]
    const told = execFileSync(shell, args, {
      cwd: home.path,
      encoding: "utf8",
      env: { ...process.env, HOME: home.path },
      stdio: ["ignore", "pipe", "ignore"]
    })
    return told
      .split("\n")
      .filter((offer) => offer !== "")
      .sort()
  }).pipe(Effect.scoped)

const isInstalled = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0

describe("completions", () => {
  const rows: ReadonlyArray<readonly [words: ReadonlyArray<string>, offered: ReadonlyArray<string>]> = [
    [["au"], ["audit"]],
    [["help", "exp"], ["export"]],
    [["list", "--pro"], ["--project"]],
    [["--log-level", "debug", "plan", "--exit"], ["--exit-code"]],
    [["--log-level", "e"], ["error"]],
    [["api", "c"], ["create"]],
    [["list", "--ord"], []],
    [
      ["help", "ap"],
      ["api", "apply"]
    ],
    [["apply", "--file", "po"], ["policy.yaml"]],
    [["audit", "--from", "two"], ["two words.json"]],
    [["show", "two"], ["two words.json"]],
    [["apply", "--ye"], ["--yes"]],
    [["api", "list", "ft:a", "--limit", ""], []]
  ]
  for (const shell of ["bash", "zsh"]) {
    // A process for each takes its time: some of each kind are enough to see that the script works there.
    const some = rows.filter((_, at) => shell === "bash" || at % 3 === 0)
    describe.skipIf(!isInstalled(shell))(`in ${shell}`, () => {
      it.effect.each(some)("for %j are %j", ([words, expected]) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* offered(shell, words), expected)
        })
      )
    })
  }

  scoped("for another shell are refused", function* () {
    const { stderr } = yield* exits(2, cli(["completion", "tcsh"]))
    assert.include(stderr, 'unknown shell "tcsh": use one of bash, zsh')
  })
})
