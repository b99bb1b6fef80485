/** Keys from a file or the environment: the admin key, and ordinary keys of projects. No message contains one. */

import { isProjectId } from "@checkpoint-permissions/core/Identifiers"
import { refuseKey } from "@checkpoint-permissions/protocol/options"
import { printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { wrongUse } from "../command/failure.ts"
import { readSecret } from "../input/document.ts"
import { variable } from "../input/environment.ts"

const noKey = wrongUse("no admin key: set OPENAI_ADMIN_KEY or pass --admin-key-file <file>; --fake needs no key")

/** Returns true for a text that cannot be a key: a line of a shell script or an `.env` file, or a text in quotes. */
const isNoKey = (text: string): boolean => /^\s*(export\s|[A-Za-z_]\w*\s*=|["'`])/.test(text)

/** Checks the text of an admin key, and returns it with its source. White space at its end is ignored. */
const adminKeyOf = (text: string, from: string) => {
  const key = text.trimEnd()
  if (key === "") return wrongUse(`${from} is empty: set it to the admin key`)
  if (isNoKey(key)) {
    return wrongUse(`${from} contains more than a key, such as OPENAI_ADMIN_KEY=sk-… or quotes: keep only the key`)
  }
  if (/^sk-(proj|svcacct)-/.test(key)) {
    return wrongUse(
      `${from} contains the key of a project: this command needs an admin key, which begins with sk-admin-`
    )
  }
  return /[\r\n]/.test(key)
    ? wrongUse(`${from} contains more than one line: keep only the key`)
    : Effect.succeed({ value: Redacted.make(key), from })
}

export const adminKey = (file: Option.Option<string>) =>
  Option.match(file, {
    onSome: (path) =>
      Effect.flatMap(readSecret(path), (text) => adminKeyOf(text, `--admin-key-file ${printable(path)}`)),
    onNone: () =>
      Effect.flatMap(variable("OPENAI_ADMIN_KEY"), (key) =>
        key === undefined ? noKey : adminKeyOf(key, "OPENAI_ADMIN_KEY")
      )
  })

/** Parses a line `proj_…=sk-…`. Returns `undefined` for any other. */
const keyOf = (line: string) => {
  const [, project = "", key = ""] = /^\s*(proj_[^\s=]+)\s*=\s*(sk-\S+)\s*$/.exec(line) ?? []
  return isProjectId(project) && refuseKey("apiKey", key) === undefined
    ? { project, key: Redacted.make(key) }
    : undefined
}

export type ProjectKey = NonNullable<ReturnType<typeof keyOf>>

export const loadProjectKeys = Effect.fnUntraced(function* (path: string) {
  const text = yield* readSecret(path)
  const named = `key file ${printable(JSON.stringify(path))}`
  const keys: Array<ProjectKey> = []
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const one = keyOf(line)
    const place = `${named}, line ${index + 1}`
    if (one === undefined) {
      return yield* wrongUse(`${place} is not a project key: write proj_…=sk-…, with an ordinary key of that project`)
    }
    if (keys.some(({ project }) => project === one.project)) {
      return yield* wrongUse(`${place}: ${printableId(one.project)} has two keys: remove one`)
    }
    keys.push(one)
  }
  if (keys.length === 0) {
    return yield* wrongUse(`${named} has no key: write proj_…=sk-…, with an ordinary key of each project`)
  }
  const all: ReadonlyArray<ProjectKey> = keys
  return all
})
