/** Runs git, without its hooks' variables, and without the keys of this program. */
import { spawn } from "node:child_process"
import { printable, singleLine } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { type CommandError, wrongUse } from "../command/failure.ts"
import { Host } from "../input/environment.ts"

/** A hook of git has variables that name another repository. Only the configuration of git is passed on. */
const isHidden = (name: string): boolean =>
  /^(OPENAI_|CHECKPOINT_PERMISSIONS_)/.test(name) || (name.startsWith("GIT_") && !/^GIT_(CONFIG|EXEC_PATH)/.test(name))

/** A replaced object is read as it was, and no program of the configuration runs. */
const always = [
  "--no-replace-objects",
  "--literal-pathspecs",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "log.showSignature=false"
]

interface Ended {
  readonly code: number
  readonly output: Buffer
  readonly error: string
}

/** Runs git in a folder, with an input. An exit code is not a failure. */
export const runGit = (folder: string, args: ReadonlyArray<string>, input = ""): Effect.Effect<Ended, CommandError> =>
  Effect.flatMap(Host, ({ environment }) =>
    Effect.async<Ended, CommandError>((resume) => {
      const shown = Object.entries(environment).filter(([name]) => !isHidden(name))
      const env = { ...Object.fromEntries(shown), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" }
      const child = spawn("git", ["-C", folder, ...always, ...args], { env })
      const output: Array<Buffer> = []
      const error: Array<Buffer> = []
      child.stdout.on("data", (part: Buffer) => output.push(part))
      child.stderr.on("data", (part: Buffer) => error.push(part))
      child.on("error", ({ message }) => resume(wrongUse(`cannot run git: ${singleLine(message)}: install git`)))
      child.on("close", (code) =>
        resume(
          Effect.succeed({
            code: code ?? 1,
            output: Buffer.concat(output),
            error: Buffer.concat(error).toString("utf8")
          })
        )
      )
      // git may end before it has read its input
      child.stdin.on("error", () => undefined)
      child.stdin.end(input)
      return Effect.sync(() => child.kill())
    })
  )

/** Runs git in a folder. Fails with the first line of git's own message. */
export const git = (folder: string, args: ReadonlyArray<string>, input?: string): Effect.Effect<Buffer, CommandError> =>
  Effect.flatMap(runGit(folder, args, input), ({ code, error, output }) =>
    code === 0 ? Effect.succeed(output) : wrongUse(`git: ${printable(singleLine(error.replace(/^fatal: /, "")))}`)
  )
