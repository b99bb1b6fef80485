/** The inputs of the action. */
import { posix, resolve } from "node:path"
import * as core from "@actions/core"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { messageOf } from "./github.ts"

/** The failure for an input, an event or a setting of the repository that the action cannot use. */
export class WrongUse extends Data.TaggedError("WrongUse")<{
  readonly message: string
  /** The exit code. Default: 2. */
  readonly code?: number
}> {}

const commands = ["plan", "apply", "drift"] as const

export type Inputs = ReturnType<typeof inputs>

/** Returns true if a path is inside the repository. */
const isInside = (path: string): boolean =>
  !/^[-/]/.test(path) && !/[\\\0]/.test(path) && !path.split("/").some((part) => part === ".." || part === "")

const secret = (name: string, options = {}): string => {
  const value = core.getInput(name, options)
  if (value !== "") core.setSecret(value)
  return value
}

const option = (name: string): ReadonlyArray<string> => {
  const value = core.getInput(name)
  return value === "" ? [] : [`--${name}`, value]
}

const flag = (name: string): ReadonlyArray<string> => (core.getBooleanInput(name) ? [`--${name}`] : [])

/** Returns the inputs. Throws for an input that cannot be used, as the toolkit does. */
const inputs = () => {
  const wanted = core.getInput("command")
  const command = commands.find((name) => name === wanted)
  if (command === undefined) throw new Error(`unknown command "${wanted}": pass one of ${commands.join(", ")}`)
  const policy = core.getMultilineInput("policy", { required: true }).map((path) => path.replace(/(?<=[^/])\/$/, ""))
  const outside = policy.find((path) => !isInside(path))
  if (outside !== undefined) throw new Error(`policy: "${outside}" is not a path inside the repository`)
  return {
    command,
    /** Paths of policy files and folders of policies in the repository, each once. */
    policy: [...new Set(policy.map((path) => posix.normalize(path)))],
    /** The admin key. Empty if the workflow has no secret. */
    adminKey: Redacted.make(secret("admin-key")),
    githubToken: Redacted.make(secret("github-token", { required: true })),
    /** The login that writes the comments and the issue: that of the token. */
    author: core.getInput("author"),
    /** The server and the organization, if they are given. */
    server: [core.getInput("api-url"), core.getInput("openai-organization")],
    /** Options of the command line for all commands. */
    options: [...option("api-url"), ...option("rate")],
    /** Variables of the command line. An empty one counts as unset. */
    env: { OPENAI_ORG_ID: core.getInput("openai-organization"), OPENAI_PROJECT_ID: core.getInput("openai-project") },
    applyOptions: option("max-duration"),
    driftOptions: flag("unmanaged"),
    /** Absolute path of the folder for files of the run. */
    folder: resolve(core.getInput("folder")),
    /** Path of the approved plan of this run. Empty without one. */
    approved: core.getInput("approved")
  }
}

export const read = Effect.try({ try: inputs, catch: (cause) => new WrongUse({ message: messageOf(cause) }) })
