/** Corrections of OpenAI's public OpenAPI document, which is not valid JSON Schema 2020-12. */

export type Node = Readonly<Record<string, unknown>>

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value)

interface Rule {
  readonly name: string
  /** The node put right; `undefined` if the rule says nothing of it. */
  readonly mend: (node: Node, document: Node) => Node | undefined
}

/** The last second of the year 9999. A time in milliseconds is later. */
const lastSecond = 253_402_300_799

/** Returns the target of a local `$ref`. */
export const resolve = (document: Node, ref: string): unknown =>
  ref
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((node, part) => (isNode(node) ? node[part] : undefined), document)

export const rules: ReadonlyArray<Rule> = [
  {
    name: "a boolean exclusiveMinimum is of draft 4: it becomes the number",
    mend: ({ exclusiveMinimum, minimum, ...rest }) =>
      exclusiveMinimum === true && typeof minimum === "number" ? { ...rest, exclusiveMinimum: minimum } : undefined
  },
  {
    name: "nullable is of OpenAPI 3.0: null becomes a type",
    mend: ({ nullable, type, ...rest }) =>
      nullable === true && typeof type === "string" ? { ...rest, type: [type, "null"] } : undefined
  },
  {
    name: "no validator knows the format unixtime: it becomes a range of seconds",
    mend: ({ format, ...rest }) => (format === "unixtime" ? { ...rest, minimum: 0, maximum: lastSecond } : undefined)
  },
  {
    name: "min_items and max_items of items are minItems and maxItems of the array",
    mend: (node) => {
      if (!isNode(node["items"])) return undefined
      const { max_items: maxItems, min_items: minItems, ...items } = node["items"]
      return typeof minItems === "number" && typeof maxItems === "number"
        ? { ...node, items, minItems, maxItems }
        : undefined
    }
  },
  {
    name: "a schema of required properties and no type holds for what is no object: it becomes one of an object",
    mend: (node) =>
      isNode(node["properties"]) && Array.isArray(node["required"]) && !("type" in node)
        ? { type: "object", ...node }
        : undefined
  },
  {
    name: "a reference that leads nowhere is left out",
    mend: (node, document) => {
      const kept = Object.entries(node).filter(
        ([, value]) =>
          !isNode(value) || typeof value["$ref"] !== "string" || resolve(document, value["$ref"]) !== undefined
      )
      return kept.length === Object.keys(node).length ? undefined : Object.fromEntries(kept)
    }
  }
]

export interface Correction {
  readonly rule: string
  /** A JSON pointer. */
  readonly at: string
}

/** A document with every rule applied wherever it says something. */
export const mend = (document: Node): { readonly document: Node; readonly corrections: ReadonlyArray<Correction> } => {
  const corrections: Array<Correction> = []
  const mended = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((one: unknown, i) => mended(one, `${at}/${i}`))
    if (!isNode(value)) return value
    let node = value
    for (const rule of rules) {
      const next = rule.mend(node, document)
      if (next === undefined) continue
      corrections.push({ rule: rule.name, at })
      node = next
    }
    return Object.fromEntries(
      Object.entries(node).map(([name, one]) => [
        name,
        mended(one, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
      ])
    )
  }
  const whole = mended(document, "")
  return { document: isNode(whole) ? whole : {}, corrections }
}
