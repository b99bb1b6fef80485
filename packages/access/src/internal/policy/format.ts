import { invisible, visibleJson } from "@checkpoint-permissions/protocol/text"
import { Document, isPair, isScalar, type ScalarTag, visit } from "yaml"
import { singleLine } from "../text/words.ts"
import type { AccessPolicy } from "./entry.ts"

/** Returns a character as an escape sequence of YAML. JSON escapes each surrogate half, which YAML does not allow. */
const point = (character: string): string =>
  character.length === 1
    ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
    : `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`

const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** A tag that writes text so that every YAML reader reads it as the same text. */
const text: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  identify: (value) => typeof value === "string",
  resolve: (value) => value,
  stringify: ({ value }) =>
    typeof value === "string" &&
    /^[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/.test(value) &&
    !reserved.test(value)
      ? value
      : JSON.stringify(value).replace(invisible, point)
}

const ordered = ({ version, reviewEvery, lastReview, groups, checkpoints }: AccessPolicy) => {
  const entries = Object.entries(checkpoints).map(
    ([checkpoint, { owner, lastReview, reviewEvery, mode, projects }]) =>
      [checkpoint, { owner, lastReview, reviewEvery, mode, projects }] as const
  )
  return { version, reviewEvery, lastReview, groups, checkpoints: Object.fromEntries(entries) }
}

/** Returns true if a value of a policy is the id of a project: in a list, the owner, or a project with an end. */
const isProject = (key: unknown, parent: unknown): boolean => {
  if (!isPair(parent)) return typeof key === "number"
  return key === "value" && isScalar(parent.key) && (parent.key.value === "owner" || parent.key.value === "project")
}

const yaml = (policy: AccessPolicy, header: ReadonlyArray<string>, comments: ReadonlyMap<string, string>): string => {
  const document = new Document(ordered(policy), {
    customTags: (tags) => [text, ...tags],
    aliasDuplicateObjects: false
  })
  visit(document, {
    Scalar: (key, node, path) => {
      const about = isProject(key, path.at(-1)) ? singleLine(comments.get(String(node.value)) ?? "", 200) : ""
      if (about !== "") node.comment = ` ${about}`
    }
  })
  return [...header.map((line) => `# ${singleLine(line, 1000)}`.trimEnd()), document.toString()].join("\n")
}

const json = (policy: AccessPolicy): string => `${visibleJson(JSON.stringify(ordered(policy), null, 2))}\n`

/**
 * Returns the text of a policy, which reads back as the same policy. No character in it controls a terminal. JSON has
 * no comments, so `header` and `comments` are for YAML only.
 *
 * @category writing
 */
export const format = (
  policy: AccessPolicy,
  options?: {
    /** Default: `yaml`. */
    readonly format?: "yaml" | "json" | undefined
    /** Lines of comment at the top of YAML. Default: none. */
    readonly header?: ReadonlyArray<string> | undefined
    /** Comments after each project in YAML, an owner included, by project. Default: none. */
    readonly comments?: ReadonlyMap<string, string> | undefined
  }
): string =>
  options?.format === "json" ? json(policy) : yaml(policy, options?.header ?? [], options?.comments ?? new Map())
