/** The inputs of the action. */
import { posix, resolve } from "node:path"
import * as core from "@actions/core"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Struct from "effect/Struct"
import { messageOf } from "./github.ts"

/** The failure for an input or an event that the action cannot use. */
export class WrongUse extends Data.TaggedError("WrongUse")<{ readonly message: string }> {}

export const wrongUse = (message: string) => new WrongUse({ message })

export type Inputs = ReturnType<typeof inputs>

/** Returns true if a normalized path is inside the repository. */
const isInside = (path: string): boolean => !/^(?:[-/]|\.\.(?:\/|$))|[\\\0]/.test(path)

const secret = (name: string, options = {}): string => {
  const value = core.getInput(name, options)
  if (value !== "") core.setSecret(value)
  return value
}

const option = (name: string): ReadonlyArray<string> => {
  const value = core.getInput(name)
  return value === "" ? [] : [`--${name}`, value]
}

/** The options of a command alone. */
const optionsOf = {
  plan: () => (core.getInput("checkpoints").match(/[^\s,]+/g) ?? []).map((id) => `--checkpoint=${id}`),
  apply: () => [...option("max-duration"), ...option("approved")],
  drift: () => (core.getBooleanInput("unmanaged") ? ["--unmanaged"] : [])
}

/** Returns the inputs. Throws for an input that cannot be used, as the toolkit does. */
const inputs = () => {
  const wanted = core.getInput("command")
  const command = Struct.keys(optionsOf).find((name) => name === wanted)
  if (command === undefined) throw new Error(`unknown command "${wanted}": pass plan, apply or drift`)
  const given = core.getMultilineInput("policy", { required: true })
  const policy = [...new Set(given.map((path) => posix.normalize(path).replace(/(?<=.)\/$/, "")))]
  const outside = policy.find((path) => !isInside(path))
  if (outside !== undefined) throw new Error(`policy: "${outside}" is not a path inside the repository`)
  return {
    command,
    /** Paths of policy files and folders of policies in the repository, each once. */
    policy,
    /** The options of the command line that name them. */
    files: policy.flatMap((path) => ["--file", path]),
    /** The admin key. Empty if the workflow has no secret. */
    adminKey: Redacted.make(secret("admin-key")),
    githubToken: Redacted.make(secret("github-token", { required: true })),
    /** The login that writes the comments and the issue: that of the token. */
    author: core.getInput("author"),
    /** The server and the organization, if they are given. */
    server: [core.getInput("api-url"), core.getInput("openai-organization")],
    /** The other options of the command line. */
    options: [...option("api-url"), ...option("rate"), ...optionsOf[command]()],
    /** Variables of the command line. An empty one counts as unset. */
    env: { OPENAI_ORG_ID: core.getInput("openai-organization"), OPENAI_PROJECT_ID: core.getInput("openai-project") },
    /** Absolute path of the folder for files of the run. */
    folder: resolve(core.getInput("folder"))
  }
}

export const read = Effect.try({ try: inputs, catch: (cause) => wrongUse(messageOf(cause)) })
