/** What the workflow gives the action. */
import { resolve } from "node:path"
import * as core from "@actions/core"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** An input, or what GitHub says of the run, is not what the action needs. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

const commands = ["plan", "apply", "drift"] as const

export interface Inputs {
  readonly command: (typeof commands)[number]
  /** Paths of policy files in the repository. */
  readonly policy: ReadonlyArray<string>
  /** Empty where the workflow has no secret. */
  readonly adminKey: Redacted.Redacted
  readonly githubToken: Redacted.Redacted
  /** Options of every command, as the command line is given them. */
  readonly options: ReadonlyArray<string>
  /** Those of apply alone. */
  readonly applyOptions: ReadonlyArray<string>
  /** Where the files of the run are put, as an absolute path. */
  readonly folder: string
  /** Whether apply goes ahead only with steps that a pull request's plan had. */
  readonly isReviewed: boolean
}

/** A path inside the repository: what leads out of it is refused. */
const isInside = (path: string): boolean =>
  !path.startsWith("/") && !/[\\\0]/.test(path) && !path.split("/").some((part) => part === ".." || part === "")

const option = (name: string): ReadonlyArray<string> => {
  const value = core.getInput(name)
  return value === "" ? [] : [`--${name}`, value]
}

export const read: Effect.Effect<Inputs, WrongUse> = Effect.suspend(() => {
  const wanted = core.getInput("command")
  const command = commands.find((name) => name === wanted)
  if (command === undefined)
    return new WrongUse({ message: `command is "${wanted}": ${commands.join(", ")} are known` })
  const policy = core.getMultilineInput("policy")
  if (policy.length === 0) return new WrongUse({ message: "policy names no file" })
  const outside = policy.find((path) => !isInside(path))
  if (outside !== undefined) return new WrongUse({ message: `policy: "${outside}" is no path inside the repository` })
  const adminKey = core.getInput("admin-key")
  const githubToken = core.getInput("github-token")
  for (const secret of [adminKey, githubToken]) if (secret !== "") core.setSecret(secret)
  if (githubToken === "") return new WrongUse({ message: "github-token is empty" })
  const reviewed = core.getInput("reviewed").toLowerCase()
  if (reviewed !== "true" && reviewed !== "false") {
    return new WrongUse({ message: "reviewed is neither true nor false" })
  }
  return Effect.succeed({
    command,
    policy,
    adminKey: Redacted.make(adminKey),
    githubToken: Redacted.make(githubToken),
    options: [...option("api-url"), ...option("openai-organization"), ...option("openai-project"), ...option("rate")],
    applyOptions: [...option("max-revokes"), ...option("max-duration")],
    folder: resolve(core.getInput("folder")),
    isReviewed: reviewed === "true"
  })
})
