/**
 * The differences between two OpenAPI documents that a client can notice: paths, parameters, fields, types, bounds and
 * enumerations. References are followed, so a component with another name is no difference.
 */
import { isNode, type Node, resolve } from "./mend.ts"

const bounds = [
  ...["format", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  ...["minLength", "maxLength", "minItems", "maxItems", "pattern"]
]

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const entries = (value: unknown) => Object.entries(isNode(value) ? value : {})

/** Returns one line for each fact about the operations of a document. */
export const factsOf = (document: Node): ReadonlySet<string> => {
  const facts = new Set<string>()

  const followed = (node: unknown): unknown =>
    isNode(node) && typeof node["$ref"] === "string" ? resolve(document, node["$ref"]) : node

  const visit = (at: string, node: unknown, refs: ReadonlyArray<unknown> = []): void => {
    if (!isNode(node)) return
    const { $ref: ref } = node
    if (ref !== undefined) {
      if (!refs.includes(ref)) visit(at, followed(node), [...refs, ref])
      return
    }
    for (const type of [node["type"] ?? []].flat()) facts.add(`${at}: ${type}`)
    for (const value of [...list(node["enum"]), ...("const" in node ? [node["const"]] : [])]) {
      facts.add(`${at} = ${JSON.stringify(value)}`)
    }
    for (const name of bounds) if (name in node) facts.add(`${at}, ${name}: ${JSON.stringify(node[name])}`)
    for (const name of list(node["required"])) facts.add(`${at}.${name}, required`)
    for (const [name, field] of entries(node["properties"])) visit(`${at}.${name}`, field, refs)
    for (const part of ["anyOf", "oneOf", "allOf"]) for (const one of list(node[part])) visit(at, one, refs)
    visit(`${at}[]`, node["items"], refs)
    visit(`${at}.*`, node["additionalProperties"], refs)
  }

  const content = (at: string, holder: unknown) => {
    for (const [type, media] of entries(isNode(holder) ? holder["content"] : undefined)) {
      visit(`${at} ${type}`, isNode(media) ? media["schema"] : undefined)
    }
  }

  for (const [path, item] of entries(document["paths"])) {
    for (const [method, operation] of entries(item)) {
      if (!isNode(operation)) continue
      const at = `${method.toUpperCase()} ${path}`
      facts.add(at)
      for (const one of list(operation["parameters"])) {
        const parameter = followed(one)
        if (!isNode(parameter)) continue
        const name = `${at}, ${parameter["in"]} ${parameter["name"]}`
        facts.add(name)
        if (parameter["required"] === true) facts.add(`${name}, required`)
        visit(name, parameter["schema"])
      }
      content(`${at}, body`, followed(operation["requestBody"]))
      for (const [status, one] of entries(operation["responses"])) {
        const response = followed(one)
        facts.add(`${at}, ${status}`)
        content(`${at}, ${status}`, response)
        for (const [name, header] of entries(isNode(response) ? response["headers"] : undefined)) {
          facts.add(`${at}, ${status}, header ${name}`)
          visit(`${at}, ${status}, header ${name}`, isNode(header) ? header["schema"] : undefined)
        }
      }
    }
  }
  return facts
}

/** Escapes what a terminal, or a code block of Markdown, could take for an end or a command. */
const printable = (line: string): string =>
  line.replaceAll(/[\p{Cc}\p{Cf}`]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

/** Returns the differences, sorted by operation: `-` is in `before` alone, `+` is in `after` alone. */
export const differences = (before: Node, after: Node): ReadonlyArray<string> => {
  const [left, right] = [factsOf(before), factsOf(after)]
  const only = (mark: string, facts: ReadonlySet<string>, others: ReadonlySet<string>) =>
    [...facts].filter((fact) => !others.has(fact)).map((fact) => ({ mark, fact }))
  return [...only("-", left, right), ...only("+", right, left)]
    .sort((a, b) => (a.fact < b.fact ? -1 : a.fact > b.fact ? 1 : 0))
    .map(({ fact, mark }) => printable(`${mark} ${fact}`))
}
