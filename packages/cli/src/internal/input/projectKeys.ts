/** Ordinary keys of projects, out of a file or the environment. No message holds one. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { isProjectId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { refuseKey } from "@checkpoint-permissions/protocol/options"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { wrongUse } from "../failure.ts"
import { readSecret } from "./document.ts"
import { variable } from "./environment.ts"
import { decoded, type Reads } from "./option.ts"

export interface ProjectKey {
  readonly project: ProjectId
  readonly key: Redacted.Redacted
}

/** The value of `--project-key`: a file is easily meant. */
export const projectOfKey: Reads<ProjectId> = (text) =>
  Either.filterOrLeft(
    decoded(ProjectId)(text),
    (id) => id.startsWith("proj_"),
    () => `${printable(JSON.stringify(text))} is not a project id: for a file use --project-keys`
  )

/** `proj_…=sk-…`; `undefined` for anything else. */
const keyOf = (line: string): ProjectKey | undefined => {
  const [, project = "", key = ""] = /^\s*(proj_[^\s=]+)\s*=\s*(sk-\S+)\s*$/.exec(line) ?? []
  return isProjectId(project) && refuseKey("apiKey", key) === undefined
    ? { project, key: Redacted.make(key) }
    : undefined
}

const ofFile = Effect.fnUntraced(function* (path: string) {
  const text = yield* readSecret(path)
  const named = `key file ${printable(JSON.stringify(path))}`
  const keys: Array<ProjectKey> = []
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const one = keyOf(line)
    const place = `${named}, line ${index + 1}`
    if (one === undefined) {
      return yield* wrongUse(
        `${place} is not a key of a project: write proj_…=sk-…, with an ordinary key of that project`
      )
    }
    if (keys.some(({ project }) => project === one.project)) {
      return yield* wrongUse(`${place}: ${printable(one.project)} has a key already: leave out one`)
    }
    keys.push(one)
  }
  return keys
})

const ofEnvironment = Effect.fnUntraced(function* (project: ProjectId) {
  const key = yield* variable("OPENAI_API_KEY")
  const refusal = key === undefined ? "it is not set" : refuseKey("apiKey", key)?.reason
  if (key === undefined || refusal !== undefined) {
    return yield* wrongUse(
      `--project-key: OPENAI_API_KEY is to hold an ordinary key of ${printable(project)}: ${refusal}`
    )
  }
  return [{ project, key: Redacted.make(key) }]
})

/** The keys of a file, and the one in the environment. */
export const load = Effect.fnUntraced(function* (file: Option.Option<string>, project: Option.Option<ProjectId>) {
  const ofFiles = Option.isSome(file) ? yield* ofFile(file.value) : []
  const other = Option.isSome(project) ? yield* ofEnvironment(project.value) : []
  return [...ofFiles.filter((one) => !other.some((found) => found.project === one.project)), ...other]
})
