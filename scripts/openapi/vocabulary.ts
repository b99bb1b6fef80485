/** The words that a recording may hold: the module of the command line is written from the document and the catalogue. */
import { isNode, type Node, resolve } from "./mend.ts"

/** Returns every object of a document, depth first. */
const nodesOf = (value: unknown): ReadonlyArray<Node> => {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  return isNode(value) ? [value, ...Object.values(value).flatMap(nodesOf)] : []
}

/** Returns the enumerated strings of a schema. */
const stringsOf = (document: Node, schema: unknown, depth = 0): ReadonlyArray<string> => {
  if (!isNode(schema) || depth > 4) return []
  const { $ref, anyOf, const: constant, enum: all, items, oneOf } = schema
  if (typeof $ref === "string") return stringsOf(document, resolve(document, $ref), depth + 1)
  const own = [constant, ...(Array.isArray(all) ? all : [])].filter((one) => typeof one === "string")
  const inner = [items, ...(Array.isArray(anyOf) ? anyOf : []), ...(Array.isArray(oneOf) ? oneOf : [])]
  return [...own, ...inner.flatMap((one) => stringsOf(document, one, depth + 1))]
}

const sorted = (words: Iterable<string>): ReadonlyArray<string> => [...new Set(words)].sort()

/** Returns a set of words as code, as the formatter leaves it. */
const setOf = (words: Iterable<string>, indent: string): string => {
  const text = sorted(words).join(" ")
  const lines = text.replaceAll(new RegExp(`(.{1,${116 - indent.length}})(?: |$)`, "g"), `${indent}  $1\n`)
  return `words(\`\n${lines}${indent}\`)`
}

const nameOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

/** The catalogue of errors: functions that make an error of the words in its text. */
export type Catalogue = Readonly<Record<string, (...words: ReadonlyArray<never>) => object>>

/** Returns the module \`words.ts\` of \`packages/cli/src/internal/parity/recording\`. */
export const vocabularyOf = (document: Node, errors: Catalogue): string => {
  const all = nodesOf(document)
  const properties = all.flatMap(({ properties }) => (isNode(properties) ? Object.entries(properties) : []))
  const parameters = all.flatMap(
    ({ in: place, name, schema }): ReadonlyArray<readonly [string, unknown]> =>
      place === "query" && typeof name === "string" ? [[name, schema]] : []
  )
  const paths = isNode(document["paths"]) ? Object.keys(document["paths"]) : []
  const values = new Map<string, ReadonlyArray<string>>()
  for (const [name, schema] of [...properties, ...parameters]) {
    const found = stringsOf(document, schema)
    if (found.length > 0) values.set(name, [...(values.get(name) ?? []), ...found])
  }
  const catalogue = Object.values(errors).map((make) => {
    const made: unknown = Reflect.apply(make, undefined, ["…", "…", "…"])
    return isNode(made) ? made : {}
  })
  const ofErrors = (name: string) =>
    catalogue.flatMap((error) => {
      const value = error[name]
      return typeof value === "string" && !value.includes("…") ? [value] : []
    })
  const texts = sorted(catalogue.map(({ message }) => String(message)))
  return `/** The words that a recording may contain. Written by \`npm run fixture:openapi\`. */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\\s+/))

/** The names of fields in bodies. */
export const fields = ${setOf(
    properties.map(([name]) => name),
    ""
  )}

/** The names of parameters in queries. */
export const parameters = ${setOf(
    parameters.map(([name]) => name),
    ""
  )}

/** The words of paths. */
export const segments = ${setOf(
    paths.flatMap((path) => path.split("/").filter((part) => part !== "" && !part.startsWith("{"))),
    ""
  )}

/** The enumerated values of fields and parameters. */
export const values: Readonly<Record<string, ReadonlySet<string>>> = {
${[...values.keys()]
  .sort()
  .map((name) => `  ${nameOf(name)}: ${setOf(values.get(name) ?? [], "  ")}`)
  .join(",\n")}
}

/** The types, codes and parameters of errors. */
export const errors = {
  type: ${setOf(["invalid_request_error", ...ofErrors("type")], "  ")},
  code: ${setOf(ofErrors("code"), "  ")},
  param: ${setOf([...ofErrors("param"), ...parameters.map(([name]) => name)], "  ")}
}

/** The texts of errors. "…" is the place of a word that differs between replies. */
export const texts: ReadonlyArray<string> = [
${texts.map((text) => `  ${JSON.stringify(text)}`).join(",\n")}
]
`
}
