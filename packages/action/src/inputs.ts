/** The inputs of the action. */
import { posix, resolve } from "node:path"
import * as core from "@actions/core"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** The failure for an input, or an event, that the action cannot use. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

const commands = ["plan", "apply", "drift"] as const

export type Inputs = Effect.Effect.Success<typeof read>

/** Returns true if a path is inside the repository. */
const isInside = (path: string): boolean =>
  !/^[-/]/.test(path) && !/[\\\0]/.test(path) && !path.split("/").some((part) => part === ".." || part === "")

const option = (name: string): ReadonlyArray<string> => {
  const value = core.getInput(name)
  return value === "" ? [] : [`--${name}`, value]
}

const boolean = (name: string): Effect.Effect<boolean, WrongUse> => {
  const value = core.getInput(name).toLowerCase()
  return value === "true" || value === "false"
    ? Effect.succeed(value === "true")
    : new WrongUse({ message: `${name} is not a boolean: pass true or false` })
}

export const read = Effect.gen(function* () {
  const wanted = core.getInput("command")
  const command = commands.find((name) => name === wanted)
  if (command === undefined)
    return yield* new WrongUse({ message: `unknown command "${wanted}": pass one of ${commands.join(", ")}` })
  const given = core.getMultilineInput("policy")
  if (given.length === 0) return yield* new WrongUse({ message: "policy is empty: name a file" })
  const outside = given.find((path) => !isInside(path))
  if (outside !== undefined)
    return yield* new WrongUse({ message: `policy: "${outside}" is not a path inside the repository` })
  const adminKey = core.getInput("admin-key")
  const githubToken = core.getInput("github-token")
  for (const secret of [adminKey, githubToken]) if (secret !== "") core.setSecret(secret)
  if (githubToken === "") return yield* new WrongUse({ message: "github-token is empty" })
  const driftOptions = (yield* boolean("unmanaged")) ? ["--unmanaged"] : []
  return {
    command,
    /** Paths of policy files in the repository, each once. */
    policy: [...new Set(given.map(posix.normalize))],
    /** The admin key. Empty if the workflow has no secret. */
    adminKey: Redacted.make(adminKey),
    githubToken: Redacted.make(githubToken),
    /** Options of the command line for all commands. */
    options: [...option("api-url"), ...option("openai-organization"), ...option("openai-project"), ...option("rate")],
    applyOptions: option("max-duration"),
    driftOptions,
    /** Absolute path of the folder for files of the run. */
    folder: resolve(core.getInput("folder")),
    /** True if a plan of a manual run is of the whole policy, not only of the steps that are due. */
    isEverything: yield* boolean("everything"),
    /** Path of the approved plan of this run. Empty without one. */
    approved: core.getInput("approved"),
    /** File name of the workflow that makes the reviewed plans. */
    planWorkflow: core.getInput("plan-workflow")
  }
})
