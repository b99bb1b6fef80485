import { invisible, visibleJson } from "@checkpoint-permissions/protocol/text"
import { oneLine } from "../text.ts"
import type { AccessPolicy } from "./model.ts"

/** A character by its number: YAML has no halves of a surrogate pair, JSON nothing else. */
const point = (character: string): string =>
  character.length === 1
    ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
    : `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`

/** Words that some reader of YAML, of whatever version, takes for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i

const scalar = (text: string): string =>
  /^[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/.test(text) && !reserved.test(text)
    ? text
    : JSON.stringify(text).replace(invisible, point)

/** A key and its colon. A long key stands on a line of its own. */
const key = (indent: string, text: string): string => {
  const written = scalar(text)
  return written.length > 1000 ? `${indent}? ${written}\n${indent}:` : `${indent}${written}:`
}

const list = (indent: string, items: ReadonlyArray<string>): string =>
  items.length === 0 ? " []\n" : `\n${items.map((item) => `${indent}- ${scalar(item)}\n`).join("")}`

const mapping = <A>(entries: { readonly [key: string]: A }, write: (text: string, value: A) => string): string => {
  const written = Object.entries(entries).map(([text, value]) => write(text, value))
  return written.length === 0 ? " {}\n" : `\n${written.join("")}`
}

const yaml = ({ names, groups, checkpoints }: AccessPolicy, header: ReadonlyArray<string>): string =>
  [
    ...header.map((line) => `# ${oneLine(line, 1000)}`.trimEnd().concat("\n")),
    "version: 1\n",
    names === undefined ? "" : `names:${mapping(names, (project, name) => `${key("  ", project)} ${scalar(name)}\n`)}`,
    groups === undefined
      ? ""
      : `groups:${mapping(groups, (group, members) => `${key("  ", group)}${list("    ", members)}`)}`,
    `checkpoints:${mapping(checkpoints, (checkpoint, { owner, mode, projects }) =>
      [
        `${key("  ", checkpoint)}\n`,
        owner === undefined ? "" : `    owner: ${scalar(owner)}\n`,
        mode === undefined ? "" : `    mode: ${mode}\n`,
        `    projects:${list("      ", projects)}`
      ].join("")
    )}`
  ].join("")

const json = ({ version, names, groups, checkpoints }: AccessPolicy): string => {
  const ordered = {
    version,
    names,
    groups,
    checkpoints: Object.fromEntries(
      Object.entries(checkpoints).map(([checkpoint, { owner, mode, projects }]) => [
        checkpoint,
        { owner, mode, projects }
      ])
    )
  }
  return `${visibleJson(JSON.stringify(ordered, null, 2))}\n`
}

/**
 * The text of a policy, which reads back as the same policy. No character in it
 * acts on a terminal. `header` is lines of comment, which JSON has not.
 *
 * @example
 * ```ts
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const text = AccessPolicy.format(
 *   { version: 1, checkpoints: { "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { projects: ["proj_a"] } } },
 *   { header: ["yaml-language-server: $schema=./policy.schema.json"] }
 * )
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const format = (
  policy: AccessPolicy,
  options?: {
    /** `yaml` by default. */
    readonly format?: "yaml" | "json" | undefined
    /** Lines of comment at the top of YAML; none by default. */
    readonly header?: ReadonlyArray<string> | undefined
  }
): string => (options?.format === "json" ? json(policy) : yaml(policy, options?.header ?? []))
